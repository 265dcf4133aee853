"""Sentences are cut where a voice may pause, in six languages, whatever pieces the text comes in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.llm import SentenceSplitter

# One text in each line; a bar stands where it is cut.
ENGLISH = """
Hello there. |How are you?
It is sunny! |Take a hat.
Is it late? |Yes.
Well... |I do not know.
Well... perhaps not.
Well… |It depends.
It is 3.5 degrees outside. |Cold.
It costs 1,000.50 dollars. |That is a lot.
Pi is about 3.14159. |It never ends.
Dr. Smith is here. |Come in.
Ask Mr. and Mrs. Jones. |They know.
Ms. Lee and Prof. Ray agree. |Good.
He lives on St. James Street. |It is near.
J. R. R. Tolkien wrote it. |Read it.
J.R.R. Tolkien wrote it. |Read it.
George W. Bush spoke. |They listened.
The U.S. President spoke. |They listened.
Bring fruit, e.g. Apples or pears. |Thanks.
The first one, i.e. Mine, is red. |Yours is blue.
We meet at 5 p.m. |Then we eat.
We meet at 5 p.m. Monday. |Then we eat.
We meet at 5 p.m. EST today. |Then we eat.
We meet at 5 p.m. in the hall. |Bring it.
Pens, paper, etc. |Then we begin.
Pens, paper, etc. are there. |Begin.
Spain vs. Italy is on. |Watch it.
See No. 5 on the list. |It is good.
I said no. |Then I left.
See https://example.com/a.b?c=d. |It helps.
See www.example.com/what? |It helps.
Write to a.b@example.org. |We answer.
Use Node.js. |It is quick.
Version 2.0.1 is out. |Get it.
1. Open the door. |2. Close it.
Steps: 1. Open the door. |2. Close it.
1) Open the door. |2) Close it.
- One thing.\\n|- Another.\\n|
a. One thing.\\n|b. Another.\\n|
IV. The end. |It is here.
He said "Go." |Then he left.
"Why?" he asked. |Nobody knew.
(It rains.) |Take a coat.
“Stop!” |She ran.
It scored 10. 5 more came. |Good.
It was 2024. |Much changed.
Take 5. |There are more.
On Jan. 5 it snowed. |It was cold.
Really?! |No way.
Yahoo! is a company. |It is old.
**It is sunny. Very.** |Go out.
**Note:** it is *very* hot. |Drink.
Run `a. B` now. |It works.
Read [this. All](https://a.b/c) now. |It helps.
```py\\nA. B\\n\\nC. D\\n```\\n|Done.
snake_case is fine. |So is _this. One_. |Yes.
5 * 30 is 150. |2 * 2 is 4.
Great! |😊 Let us go.
See [a page](https://a.b "One. Two") now. |It helps.
See https://a.org/_b. |It helps.
It is ~5 degrees. |Cold.
A \\*star. |It helps.
It ends with s. Then it begins. |Good.
Calories: 250. |Fat: 20 g. |Protein: 5. |Enjoy.
Open it, 2. Close it. |Go.
It is in Qx. 5 on the left. |Go.
It is in Rm. Five on the left. |Go.
See ref. [2] for that. |Go.
Ask Acme plc. & Sons. |Go.
It is 5 km. |2 of them are wet.
One line\\n|Another line
Ask Pvt. Jones and Adm. Lee. |They know.
See the bldg. Five on the left. |Go.
It is misc. Stuff from then. |Fine.
See op. 27 on that. |It helps.
It is a job. |Then I left.
It lasts 5 yrs. |Then it ends.
Apple Inc. Chief Tim Cook spoke. |They listened.
It ends.   |It begins.
Dr.\u00a0Who is on.\u00a0Now.
"""
FRENCH = """
Bonjour. |Comment ça va ?
Il fait beau ! |Prenez un chapeau.
Vraiment\u202f? |Oui.
Vraiment\u00a0! |Oui.
Eh bien... |Je ne sais pas.
Eh bien... peut-être.
Eh bien… |Cela dépend.
Il fait 3,5 degrés. |C'est froid.
Il fait 3.5 degrés. |C'est froid.
Cela coûte 1.000 euros. |C'est cher.
M. Dupont est là. |Entrez.
MM. Dupont et Durand sont là. |Entrez.
Mme. Curie a trouvé. |Bravo.
Le Dr. Martin est là. |Entrez.
Le Pr. Martin est là. |Entrez.
Mlle. Martin est là. |Entrez.
J. Prévert écrit. |Lisez.
J.-J. Rousseau écrit. |Lisez.
J.-C. Petit joue. |Écoutez.
En 52 av. J.-C. César gagna. |Ce fut long.
Des fruits, p. ex. Des pommes. |Merci.
Cf. Zola pour cela. |Merci.
Du pain, du lait, etc. |Ensuite, partez.
Du pain, etc. est là. |Partez.
Il est 14.30. |Partons.
Le 3 mai 2024. |Partons.
Voir fig. 3 ici. |Merci.
Voir art. 5 ici. |Merci.
Voir l'art. 5 ici. |Merci.
C'est de l'art. |Regardez.
Prenez le vol. |Il est court.
Voir https://exemple.fr/a.b?c. |Merci.
Écrire à a.b@exemple.fr. |Merci.
Voir www.exemple.fr. |Merci.
1. Ouvrez. |2. Fermez.
Étapes : 1. Ouvrez. |2. Fermez.
- Un.\\n|- Deux.\\n|
Il dit : « Oui ! » |Puis il part.
Il dit : «\u00a0Oui\u00a0!\u00a0» |Puis il part.
« Ah ! » dit-il. |Puis il part.
Il part. |« Ah ! » dit-elle.
Quoi ?! |Non.
**Il fait beau. Très.** |Sortez.
Lancez `a. B` ici. |Merci.
St. Malo est loin. |Partons.
Env. Dix km. |Allez.
Il est 5 h. |Partons.
Louis XIV. |Il est roi.
À bientôt ! |École demain.
Il y en a 5. |Prenez-les.
Le journal indus. Renault en parle. |Bien.
L'hôp. Necker est grand. |Allez.
Voir op. 5 ici. |Merci.
C'est un jeu. |Puis il part.
Regardez la mer. |Elle est belle.
On gagne 12 av. Lundi. |Bien.
"""
ITALIAN = """
Ciao. |Come stai?
Fa bello! |Prendi il cappello.
Davvero? |Sì.
Beh... |Non so.
Beh... forse.
Beh… |Dipende.
Ci sono 3,5 gradi. |Fa freddo.
Ci sono 3.5 gradi. |Fa freddo.
Costa 1.000 euro. |È caro.
Il Sig. Rossi è qui. |Entri.
La Sig.ra Rossi è qui. |Entri.
I Sigg. Rossi sono qui. |Entrate.
Il Dott. Bianchi è qui. |Entri.
La Dott.ssa Bianchi è qui. |Entri.
Il Dr. Bianchi è qui. |Entri.
Il Prof. Verdi è qui. |Entri.
La Prof.ssa Verdi è qui. |Entri.
L'Ing. Neri è qui. |Entri.
Parli con dell'Avv. Neri. |Grazie.
L'on. Moro parlò. |Ascoltarono.
G. Verdi compose. |Ascolta.
G.B. Vico scrisse. |Leggi.
J. R. R. Tolkien scrisse. |Leggi.
Nel 44 a.C. Cesare morì. |Fu marzo.
Frutta, p.es. Mele. |Grazie.
Frutta, ad es. Mele. |Grazie.
Pane, latte, ecc. |Poi vai.
Pane, ecc. sono qui. |Vai.
Sono le 14.30. |Andiamo.
Il 3 maggio 2024. |Andiamo.
La Fiat S.p.A. Torino produce. |Bene.
Vedi pag. 3 qui. |Grazie.
Vedi art. 5 qui. |Grazie.
Vedi cfr. Dante qui. |Grazie.
Ha detto no. |Poi va.
Vedi https://esempio.it/a.b?c. |Grazie.
Scrivi a a.b@esempio.it. |Grazie.
Vedi www.esempio.it. |Grazie.
1. Apri. |2. Chiudi.
Passi: 1. Apri. |2. Chiudi.
- Uno.\\n|- Due.\\n|
«Vai!» |Poi partì.
«Perché?» chiese. |Nessuno sapeva.
Ha detto "Vai." |Poi partì.
**Fa bello. Molto.** |Esci.
Usa `a. B` ora. |Grazie.
Che cosa?! |No.
Vedi sez. Prima per questo. |Grazie.
Vedi tav. Terza qui. |Grazie.
Ce ne sono 5. |Prendile.
È così. |È bello.
"""
PORTUGUESE = """
Olá. |Como vai?
Faz sol! |Leve um chapéu.
É mesmo? |Sim.
Bem... |Não sei.
Bem... talvez.
Bem… |Depende.
Estão 3,5 graus. |Faz frio.
Estão 3.5 graus. |Faz frio.
Custa 1.000 euros. |É caro.
O Sr. Silva chegou. |Entre.
A Sra. Silva chegou. |Entre.
Os Srs. Silva chegaram. |Entrem.
A Srta. Silva chegou. |Entre.
O Dr. Costa chegou. |Entre.
A Dra. Costa chegou. |Entre.
O Prof. Costa chegou. |Entre.
A Profa. Costa chegou. |Entre.
O Eng. Costa chegou. |Entre.
D. Pedro chegou. |Viva.
S. Paulo é grande. |Muito.
A Av. Paulista é longa. |Muito.
J. Saramago escreveu. |Leia.
J.M. Machado escreveu. |Leia.
V. Exa. Pode entrar. |Venha.
Em 44 a.C. César morreu. |Foi em março.
Frutas, p. ex. Maçãs. |Obrigado.
Frutas, p.ex. Maçãs. |Obrigado.
Pão, leite, etc. |Depois vá.
Pão, etc. estão aqui. |Vá.
São 14.30. |Vamos.
No dia 3 de maio de 2024. |Vamos.
O 1.º lugar é meu. |O 2.º é seu.
Chegou em 1.º. |Parabéns.
Veja pág. 3 aqui. |Obrigado.
Veja art. 5 aqui. |Obrigado.
Veja n.º 5 aqui. |Obrigado.
A Silva Ltda. Comprou tudo. |Bom.
Veja https://exemplo.pt/a.b?c. |Obrigado.
Escreva a a.b@exemplo.pt. |Obrigado.
Veja www.exemplo.pt. |Obrigado.
1. Abra. |2. Feche.
Passos: 1. Abra. |2. Feche.
- Um.\\n|- Dois.\\n|
«Vá!» |Depois saiu.
“Por quê?” perguntou. |Ninguém sabia.
Ele disse "Vá." |Depois saiu.
**Faz sol. Muito.** |Saia.
Use `a. B` agora. |Obrigado.
O quê?! |Não.
O séc. XX foi longo. |Muito.
Veja obs. Final aqui. |Obrigado.
O apt. Cinco é aqui. |Entre.
Vejo o mar. |Depois vou.
São 5. |Leve-os.
É isso. |É bom.
"""
DANISH = """
Hej. |Hvordan går det?
Det er sol! |Tag en hat.
Er det sent? |Ja.
Tja... |Jeg ved det ikke.
Tja... måske.
Tja… |Det kommer an på det.
Det er 3,5 grader. |Koldt.
Det er 3.5 grader. |Koldt.
Det koster 1.000 kroner. |Dyrt.
Hr. Jensen er her. |Kom ind.
Fr. Jensen er her. |Kom ind.
Hr. og fru Jensen er her. |Kom ind.
Dr. Hansen er her. |Kom ind.
Prof. Hansen er her. |Kom ind.
H.C. Andersen skrev. |Læs det.
H. C. Andersen skrev. |Læs det.
N.F.S. Grundtvig skrev. |Læs det.
Frugt, f.eks. Æbler. |Tak.
Frugt, fx. Æbler. |Tak.
Frugt, bl.a. Æbler. |Tak.
Det er ca. 5 km. |Gå.
Vi ses kl. 8. |Så spiser vi.
Vi ses kl. 8.30. |Så spiser vi.
Vi ses kl. 8 i morgen. |Så spiser vi.
Den 3. maj er fri. |Godt.
Den 3. Maj er fri. |Godt.
Den 3. 5. 2024 er fri. |Godt.
Vi ses d. 24. december. |Glædelig jul.
Det er 2. gang. |Nu igen.
Det var 2. Verdenskrig. |Den var lang.
De spiller i 1. Division. |Godt.
Chr. Rasmussen er her. |Kom ind.
Det er 5 m. |Gå.
Margrethe 2. var dronning. |Nu er hun ikke.
Se nr. 5 her. |Tak.
Det er godt, dvs. Fint. |Tak.
Brød, mælk osv. |Så gå.
Brød osv. er her. |Gå.
Han kom mht. Arbejdet. |Godt.
I 44 f.Kr. |Så døde han.
Se https://eksempel.dk/a.b?c. |Tak.
Skriv til a.b@eksempel.dk. |Tak.
Se www.eksempel.dk. |Tak.
1. Åbn. |2. Luk.
Trin: 1. Åbn. |2. Luk.
- En.\\n|- To.\\n|
»Gå!« |Så gik han.
»Hvorfor?« spurgte han. |Ingen vidste det.
Han kom. |»Hvorfor?« spurgte hun.
Han sagde "Gå." |Så gik han.
**Det er sol. Meget.** |Gå ud.
Brug `a. B` nu. |Tak.
Det koster 5 kr. |Så går vi.
Det er 5 kr. pr. Person i dag. |Billigt.
Vi bor i Kbh. Nordvest nu. |Godt.
Dronn. Margrethe var her. |Hej.
Det tager 5 sek. |Så er det slut.
Det var nat. |Så gik han.
Hvad?! |Nej.
Året var 2024. |Meget skete.
Åh. |Ærgerligt. |Øv.
"""
ROMANIAN = """
Bună. |Ce faci?
E soare! |Ia o pălărie.
E târziu? |Da.
Păi... |Nu știu.
Păi... poate.
Păi… |Depinde.
Sunt 3,5 grade. |E frig.
Sunt 3.5 grade. |E frig.
Costă 1.000 de lei. |E scump.
Dl. Popescu e aici. |Intrați.
Dna. Popescu e aici. |Intrați.
D-na. Popescu e aici. |Intrați.
D-ra. Popescu e aici. |Intrați.
Dr. Ionescu e aici. |Intrați.
Prof. Ionescu e aici. |Intrați.
Ing. Ionescu e aici. |Intrați.
I. L. Caragiale a scris. |Citiți.
I.L. Caragiale a scris. |Citiți.
M. Eminescu a scris. |Citiți.
În 44 î.Hr. Cezar a murit. |Era martie.
În 106 d.Hr. Traian a venit. |Era vară.
Fructe, ex. Mere. |Mulțumesc.
Fructe, de ex. Mere. |Mulțumesc.
Pâine, lapte etc. |Apoi pleci.
Pâine etc. sunt aici. |Pleci.
Pâine, lapte ș.a.m.d. |Apoi pleci.
Pâine, lapte s\u0326.a.m.d. |Apoi pleci.
Pâine, lapte ş.a.m.d. |Apoi pleci.
Pâine s\u0326.a.m.d. Luni plecăm. |Bine.
Pâine etc. Mart\u0326i plecăm. |Bine.
Pâine ș.a. sunt aici. |Pleci.
E ora 14.30. |Mergem.
E 3 mai 2024. |Mergem.
Vezi nr. 5 aici. |Mulțumesc.
Vezi pag. 3 aici. |Mulțumesc.
Vezi art. 5 aici. |Mulțumesc.
Pe str. Lungă e aici. |Mergem.
Pe bd. Unirii e aici. |Mergem.
Sf. Maria e mâine. |Bine.
A costat 5 lei. |Bine.
Vezi https://exemplu.ro/a.b?c. |Mulțumesc.
Scrie la a.b@exemplu.ro. |Mulțumesc.
Vezi www.exemplu.ro. |Mulțumesc.
1. Deschide. |2. Închide.
Pași: 1. Deschide. |2. Închide.
- Unu.\\n|- Doi.\\n|
„Pleacă!” |Apoi a plecat.
„De ce?” a întrebat. |Nimeni nu știa.
A venit. |„De ce?” a întrebat.
A zis "Pleacă." |Apoi a plecat.
**E soare. Mult.** |Ieși.
Folosește `a. B` acum. |Mulțumesc.
E în jud. Cluj și în mun. Cluj. |Mergem.
Vezi alin. Doi aici. |Mulțumesc.
Cum doriți dvs. |Apoi plecăm.
Ce?! |Nu.
Sunt 5. |Ia-le.
"""
TABLES = {"en": ENGLISH, "fr": FRENCH, "it": ITALIAN, "pt": PORTUGUESE, "da": DANISH, "ro": ROMANIAN}
ROWS = [
    (language, row.replace("\\n", "\n")) for language, table in TABLES.items() for row in table.strip("\n").split("\n")
]


# The same, where the first piece may be a clause.
CLAUSES = [
    ("en", "It is sunny today in Cologne, |with 3.5 degrees. |Take a hat, please."),
    ("en", "Well, it is 1,000 dollars, |which is a lot."),
    ("en", "Well, it is sunny. |Take a hat, please, now."),
    ("en", "It is warm and sunny today; |take a hat, please."),
    ("en", "It is warm and sunny today – |take a hat – please."),
    ("en", "It is warm and sunny today — |take a hat."),
    ("en", "It is warm and sunny today—|take a hat."),
    ("en", "It is warm and sunny today - |take a hat."),
    ("en", "It is a well-known fact-finding mission, |I hear."),
    ("en", "It takes between 10 - 12 hours, |I hear."),
    ("en", "It takes between 10 – 12 hours, |I hear."),
    ("en", "It takes more than 10—12 hours, |I hear."),
    ("en", "It takes all of the pre- and post-war years, |I hear."),
    ("en", "On that Monday, May 5, 2024, |it rained."),
    ("en", "Numbers: 1, 2, 3, 4, 5, 6, 7, 8, 9, |and ten."),
    ("en", "There are of them about 5, |all of them are wet."),
    ("en", "Bring some apples, e.g., red ones, |and go."),
    ("en", "See https://example.com/a,b;c—d now, |it helps."),
    ("en", "He said “Go there, right now, please”, and left."),
    ("en", 'He said "Go there, right now, please", and left.'),
    ("en", "He said 'Go there, right now, please', and left."),
    ("en", "It's what John's dog didn't do, |I hear."),
    ("en", "It is fine (warm, sunny, and dry today), I hear."),
    ("en", "**It is warm, sunny, and dry today**, |I hear."),
    ("en", "Run `a very long, long line, too` now, |please."),
    ("en", "It is warm and sunny today,   |it is."),
    ("en", "It is warm and sunny today,\n|it is."),
    ("en", "It is warm and sunny today, ... or not."),
    ("en", "It is warm and sunny today,"),
    ("en", "- It is warm and sunny today, |it is.\n|- Two, and so on."),
    ("fr", "Il fait très beau aujourd'hui ; |sortez, vite."),
    ("fr", "Il fait 3,5 degrés aujourd'hui, |sortez, vite."),
    ("fr", "Il a dit « Sortez donc, vite, vite », puis rien."),
    ("it", "Oggi ci sono circa 3,5 gradi, |quindi copriti, dai."),
    ("pt", "Hoje estão cerca de 3,5 graus, |por isso, saia."),
    ("da", "Det er ca. 3,5 grader i dag, |så tag en hat, tak."),
    ("da", "Han sagde »Gå nu, med det samme«, og så gik han."),
    ("ro", "Astăzi sunt cam 3,5 grade afară, |deci ieși, te rog."),
    ("ro", "A zis „Pleacă de aici, imediat”, apoi a plecat."),
]


def sentences(pieces: list[str] | str, language: str = "en", *, first_clause: bool = False) -> list[str]:
    """Return what is cut, the rest as the last."""
    splitter = SentenceSplitter(language, first_clause=first_clause)
    return [sentence for piece in pieces for sentence in splitter.feed(piece)] + [splitter.finish()]


@pytest.mark.parametrize(("language", "row"), ROWS)
def test_a_text_is_cut_at_its_bars_in_pieces_and_whole(language: str, row: str) -> None:
    text = row.replace("|", "")
    assert sentences([text], language) == row.split("|")
    assert sentences(text, language) == row.split("|")


@pytest.mark.parametrize(("language", "row"), CLAUSES)
def test_the_first_piece_may_be_a_clause(language: str, row: str) -> None:
    text = row.replace("|", "")
    assert sentences([text], language, first_clause=True) == row.split("|")
    assert sentences(text, language, first_clause=True) == row.split("|")


def test_the_first_piece_is_a_sentence_unless_a_clause_will_do() -> None:
    assert sentences(["It is warm and sunny today, or not. Go."]) == ["It is warm and sunny today, or not. ", "Go."]


def test_each_text_has_a_first_clause() -> None:
    splitter = SentenceSplitter(first_clause=True)
    for _ in range(2):
        assert splitter.feed("It is warm and sunny today, i") == ["It is warm and sunny today, "]
        assert splitter.feed("s it, or not") == []
        assert splitter.finish() == "is it, or not"


def test_each_language_has_its_table() -> None:
    assert {language: sum(of == language for of, _ in ROWS) >= 40 for language in TABLES} == dict.fromkeys(TABLES, True)


def test_a_language_has_its_own_abbreviations() -> None:
    text = "Pane, ecc. Cfr. Dante. Poi vai."
    assert sentences([text], "it") == ["Pane, ecc. ", "Cfr. Dante. ", "Poi vai."]
    assert sentences([text], "en") == ["Pane, ecc. ", "Cfr. ", "Dante. ", "Poi vai."]
    assert sentences([text], "it-CH") == sentences([text], "IT_it") == sentences([text], "it")
    assert sentences([text], "tlh") == sentences([text], "en")


def test_a_sentence_is_there_as_soon_as_the_next_begins() -> None:
    splitter = SentenceSplitter()
    assert [splitter.feed(piece) for piece in ("It is", " sunny", ".", " ", "T", "ake")] == [
        *([[]] * 4),
        ["It is sunny. "],
        [],
    ]
    assert splitter.feed(" a hat, etc. Ta") == []
    assert splitter.feed("ke") == []
    assert splitter.feed(" ") == ["Take a hat, etc. "]
    assert splitter.feed("a hat, etc. T") == []
    assert splitter.feed("a" * 20) == ["Take a hat, etc. "]
    assert splitter.finish() == "T" + "a" * 20
    assert splitter.feed("Take a hat.\n") == ["Take a hat.\n"]
    assert splitter.finish() == ""


def test_one_splitter_cuts_one_text_after_the_other() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("**Not closed. Here") == []
    assert splitter.finish() == "**Not closed. Here"
    assert splitter.feed("Closed. Here") == ["Closed. "]


def test_what_is_never_closed_ends_with_its_paragraph() -> None:
    assert sentences(["**One. Two.\nThree. Four.\n\nFive. Six."]) == ["**One. Two.\nThree. Four.\n\n", "Five. ", "Six."]


_FRAGMENTS = [
    *" \n.!?…*_`[]()\"'«»”:,-\u00a0\u0326s😊",
    "5",
    "12.",
    "a",
    "Ab",
    "Dr.",
    "etc.",
    "p.m.",
    "://",
    "@",
    "Maj",
    " words for a clause, ",
    "—",
    "–",
    ";",
]
_TEXTS = st.lists(st.sampled_from(_FRAGMENTS) | st.text(max_size=3), max_size=40).map("".join)


@given(text=_TEXTS, language=st.sampled_from(list(TABLES)), first_clause=st.booleans(), data=st.data())
def test_whatever_the_pieces_the_sentences_are_the_same_and_are_the_text(
    text: str, language: str, first_clause: bool, data: st.DataObject
) -> None:
    whole = sentences([text], language, first_clause=first_clause)
    assert "".join(whole) == text
    assert all(any(map(str.isalnum, sentence)) for sentence in whole[:-1])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert sentences(pieces, language, first_clause=first_clause) == whole
    assert sentences(text, language, first_clause=first_clause) == whole


class _Counting(list[str]):
    """A splitter's buffer, which counts the characters that are taken out of it."""

    taken = 0

    def __getitem__(self, where: object) -> object:  # type: ignore[override]
        found = super().__getitem__(where)  # type: ignore[index]
        _Counting.taken += len(found)
        return found


@pytest.mark.parametrize(
    "part",
    [
        "a",
        ".",
        " ",
        "a.",
        "a. ",
        "Hi. ",
        "*",
        "**a. B ",
        "`",
        "«",
        ". ",
        "etc. A",
        "\u00a0",
        "\n",
        "1.\n",
        "[a. ",
        "@_a",
        "1, ",
        "a—",
    ],
)
def test_the_work_grows_with_the_text_and_not_with_its_square(part: str) -> None:
    def work(times: int) -> int:
        _Counting.taken = 0
        splitter = SentenceSplitter(first_clause=True)
        splitter._text = _Counting()
        for _ in range(times):
            splitter.feed(part)
        return _Counting.taken

    assert work(2000) <= 2.1 * work(1000) + 200
    assert work(2000) <= 2000 * len(part) * 70
