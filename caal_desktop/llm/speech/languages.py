"""What a full stop may belong to, in the languages of the voice agent.

Small letters throughout, without the last stop. What is followed by a small letter needs no entry: no sentence begins
with one.

Checked against the sentence break suppressions of Unicode's CLDR (``common/segments``: en, fr, it, pt) and, for Danish
and Romanian, which it lacks, spaCy's tokenizer exceptions (``spacy/lang/da`` and ``ro``, from forkortelse.dk and
Wiktionary). Left out of theirs are words with which a sentence may end ("job", "jeu", "nat"), units, and letters, which
need no table.
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
        """mr mrs ms mx messrs dr prof st mt ft rev hon gen col lt sgt capt cmdr maj adm gov sen rep pres supt fr
        sr jr vs approx est dept univ inc ltd corp co bros ave blvd rd e.g i.e eg ie cf viz al rm ph.d m.sc b.sc
        ca pp adj adv alt asst bart bldg brig comdr comm conn cpl def ens esq fn hosp insp lev lt.cdr mgr
        misc msgr num ord pfc phys pvt rt surg hon.b.a"""
    ),
    sometimes=_words(
        """etc a.m p.m am pm no nos ref refs fig figs vol ch sec eq art max min jan feb mar apr jun jul aug sep
        sept oct nov dec op yr yrs exec"""
    ),
    goes_on=_words(
        """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
        september october november december eastern pacific central"""
    ),
)
_FRENCH = Language(
    never=_words(
        """mm mme mmes mlle mlles dr drs pr prof me mgr st ste sts av apr p.ex ex cf env réf vs bd boul fbg tél mrs
        sté éd ing gén col cap lt ibid acoust adr anc anon append broch categ coll comm desc dest
        dict dir ed édit encycl équiv éval exempl gouv graph hôp ill illustr imm imprim inc indus jr ltd niv
        symb synth syst var"""
    ),
    sometimes=_words(
        """etc no nos n° art fig vol chap max min janv févr avr juil sept oct nov déc p.m a.m pp op lun ven sam dim
        bull"""
    ),
    goes_on=_words(
        """lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril mai juin juillet août
        septembre octobre novembre décembre"""
    ),
)
_ITALIAN = Language(
    never=_words(
        """sig sigg sig.ra sig.na sigra dott dott.ssa dottssa dr prof prof.ssa profssa ing avv arch geom rag on sen
        gen col cap ten mons don es p.es ad.es cfr ca circa vs s.p.a spa s.r.l srl p.zza v.le tel st ss pag pagg
        ag all div int liv ltd mitt mod sez tav ver"""
    ),
    sometimes=_words("ecc etc no nr art fig vol min max gen feb mar apr mag giu lug ago set ott nov dic"),
    goes_on=_words(
        """lunedì martedì mercoledì giovedì venerdì sabato domenica gennaio febbraio marzo aprile maggio giugno luglio
        agosto settembre ottobre novembre dicembre"""
    ),
)
_PORTUGUESE = Language(
    never=_words(
        """sr sra srs sras srta dr dra drs dras prof profa prof.a exmo exma exa sto sta eng enga arq gen cel cap pe
        av pça tel ex p.ex cf ca aprox vs ltda cia s.a pág págs pg pp depto ed abrev adm aer agric álg alm anat
        ap apart apt arit arqueol arquit astron autom aux biogr bras cat círc cód col comp compl cont contab
        créd cx déb des desc dipl dir div educ elem eletr eletrôn end esp est fasc fem ff fil filos fís fisiol
        fl fot fr gên geom gram hist ilma ilmo ind índ ingl jr jur lat lin lit liter long ltd máq mat matem méd
        mov mús n.sra náut neol obs odont odontol org organiz pal pol port pq prod pron próx psicol quím ref rel
        relat rep res rod séc símb sociol sup tec tecnol trad transp univ"""
    ),
    sometimes=_words("etc no nº nr art fig vol cap min máx jan fev mar abr mai jun jul ago set out nov dez a.m p.m"),
    goes_on=_words(
        """segunda terça quarta quinta sexta sábado domingo janeiro fevereiro março abril maio junho julho agosto
        setembro outubro novembro dezembro"""
    ),
)
_DANISH = Language(
    never=_words(
        """hr fr frk chr dr prof f.eks feks fx bl.a bla ca kl nr dvs pga p.g.a mht m.h.t jf jfr inkl ekskl evt vedr
        tlf ang afd adr skt sct st cand.mag cand.jur adv dir ing red sml eks iflg maks ift aarh adj adsk afb afg
        afk afs aht alg alm amer ank anl anv arb arr att bd bdt beg begr beh bet bev bhk bibl bidr bildl biol bk
        bl borgm boul br bto bygn cand dagl def dek dep desl diam disp distr dobb dronn ds eftf egl eksp ekspl
        emer endv enk etym ff fg fhv filol filos flg fmd fol forb foreg foren forf fork forr forsk
        forts fsva fuldm fung fys gd gdr genuds gl gn gns grdl hdl henv hhv hort hosp hpl hvp ib ifm iht ill
        indb indreg inf inh inj insp instr isl istf ital jap jnr jr jur jvf kbh kem kgl komm kons korr kst ktr
        kv lat lejl lic lign lin litt lok lrs modt mr mrk mul ndr nedenst nl nto nuv obl obs omg
        omkr omr omtr opg opl opr org orig ovenst overs pag pd pens pers pg polit polyt pos pr prc priv prod
        pron præd præf præt psych pæd ref reg rel rep repr resp rtg russ sa sb sc scient sdr sekr sem shj sign
        skr slutn smp snr soc soc.dem spec spm spr statsaut str stud subj subst suff sup suppl sv såk sædv tbl
        td techn tekn temp th theol tidl tilf tilh till tilsv udb udbet undt vb vedk vedl vejl vh vha vs vsa
        zool øvr årg"""
    ),
    sometimes=_words(
        """osv o.s.v etc m.m m.v mm mv m.fl mfl o.l ol o.lign o.a oa f.kr e.kr min mio mia stk pkt art fig kap jan
        feb mar apr jun jul aug sep sept okt nov dec eftm fm årh sek dkr ofl"""
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
        """dl dna d-l d-na d-ra dra dnii dlui dr nr ex de.ex prof ing av arh gen col cap lt sf str bd șos bl sc ap
        et jud com tel pag pp cca aprox vs cf ed pt al alin asist dpdv fdt mun pr ptr sect"""
    ),
    sometimes=_words(
        """etc ș.a ș.a.m.d șamd ș.cl art fig vol min max ian feb mar apr iun iul aug sept oct nov dec a.m p.m dvs
        sec"""
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
