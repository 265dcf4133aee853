"""What a full stop may belong to, in the languages of the voice agent.

Small letters throughout, without the last stop. What is followed by a small letter needs no entry: no sentence begins
with one.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Language:
    """How full stops are used in a language.

    Attributes:
        never: abbreviations that stand before a name or in the midst of a sentence.
        sometimes: abbreviations that a sentence may end with, and words that are abbreviations before a number.
        goes_on: words that have a capital after such an abbreviation, or after a number, although no sentence begins.
        closing: what closes a quotation, besides what does so everywhere.
        opening: what opens one, besides what does so everywhere.
    """

    never: frozenset[str]
    sometimes: frozenset[str]
    goes_on: frozenset[str]
    closing: frozenset[str] = frozenset("»›")
    opening: frozenset[str] = frozenset("«‹")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENGLISH = Language(
    never=_words(
        """mr mrs ms mx messrs dr prof st mt ft rev hon gen col lt sgt capt cmdr maj adm gov sen rep pres supt fr sr jr
        vs approx est dept univ inc ltd corp co bros ave blvd rd e.g i.e eg ie cf viz al rm ph.d m.sc b.sc ca pp"""
    ),
    sometimes=_words(
        """etc a.m p.m am pm no nos ref refs fig figs vol ch sec eq art max min jan feb mar apr jun jul aug sep sept oct
        nov dec"""
    ),
    goes_on=_words(
        """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
        september october november december eastern pacific central"""
    ),
)
_FRENCH = Language(
    never=_words(
        """mm mme mmes mlle mlles dr drs pr prof me mgr st ste sts av apr p.ex ex cf env réf vs bd boul fbg tél mrs sté
        éd ing gén col cap lt ibid"""
    ),
    sometimes=_words("etc no nos n° art fig vol chap max min janv févr avr juil sept oct nov déc p.m a.m pp"),
    goes_on=_words(
        """lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril mai juin juillet août
        septembre octobre novembre décembre"""
    ),
)
_ITALIAN = Language(
    never=_words(
        """sig sigg sig.ra sig.na sigra dott dott.ssa dottssa dr prof prof.ssa profssa ing avv arch geom rag on sen gen
        col cap ten mons don es p.es ad.es cfr ca circa vs s.p.a spa s.r.l srl p.zza v.le tel st ss pag pagg"""
    ),
    sometimes=_words("ecc etc no nr art fig vol min max gen feb mar apr mag giu lug ago set ott nov dic"),
    goes_on=_words(
        """lunedì martedì mercoledì giovedì venerdì sabato domenica gennaio febbraio marzo aprile maggio giugno luglio
        agosto settembre ottobre novembre dicembre"""
    ),
)
_PORTUGUESE = Language(
    never=_words(
        """sr sra srs sras srta dr dra drs dras prof profa prof.a exmo exma exa sto sta eng enga arq gen cel cap pe av
        pça tel ex p.ex cf ca aprox vs ltda cia s.a pág págs pg pp depto ed"""
    ),
    sometimes=_words("etc no nº nr art fig vol cap min máx jan fev mar abr mai jun jul ago set out nov dez a.m p.m"),
    goes_on=_words(
        """segunda terça quarta quinta sexta sábado domingo janeiro fevereiro março abril maio junho julho agosto
        setembro outubro novembro dezembro"""
    ),
)
_DANISH = Language(
    never=_words(
        """hr fr frk chr dr prof f.eks feks fx bl.a bla ca kl nr dvs pga p.g.a mht m.h.t jf jfr inkl ekskl evt vedr tlf
        ang afd adr skt sct st cand.mag cand.jur adv dir ing red sml eks iflg maks ift"""
    ),
    sometimes=_words(
        """osv o.s.v etc m.m m.v mm mv m.fl mfl o.l ol o.lign o.a oa f.kr e.kr min mio mia stk pkt art fig kap jan feb
        mar apr jun jul aug sep sept okt nov dec"""
    ),
    goes_on=_words(
        """mandag tirsdag onsdag torsdag fredag lørdag søndag januar februar marts april maj juni juli august
        september oktober november december division verdenskrig"""
    ),
    closing=frozenset("«‹"),
    opening=frozenset("»›"),
)
_ROMANIAN = Language(
    never=_words(
        """dl dna d-l d-na d-ra dra dnii dlui dr nr ex de.ex prof ing av arh gen col cap lt sf str bd șos bl sc ap et
        jud com tel pag pp cca aprox vs cf ed pt"""
    ),
    sometimes=_words(
        """etc ș.a ș.a.m.d șamd ș.cl art fig vol min max ian feb mar apr iun iul aug sept oct nov dec a.m p.m"""
    ),
    goes_on=_words(
        """luni marți miercuri joi vineri sâmbătă duminică ianuarie februarie martie aprilie mai iunie iulie august
        septembrie octombrie noiembrie decembrie"""
    ),
)

LANGUAGES: Final = {
    "en": _ENGLISH,
    "fr": _FRENCH,
    "it": _ITALIAN,
    "pt": _PORTUGUESE,
    "da": _DANISH,
    "ro": _ROMANIAN,
}


def comparable(word: str) -> str:
    """Return a word as the tables have it: in small letters, each one character, Romanian's with a comma below."""
    return unicodedata.normalize("NFC", word).casefold().replace("ş", "ș").replace("ţ", "ț")


def language_of(tag: str) -> Language:
    """Return the language of a tag such as ``pt-BR``; English where it is none of these."""
    return LANGUAGES.get(tag.replace("_", "-").partition("-")[0].strip().casefold(), _ENGLISH)
