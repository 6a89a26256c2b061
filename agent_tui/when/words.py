"""The words for times, English and German.

Spelling is forgiving: case does not matter, and "früh", "frueh" and "fruh" are one word. To teach
the program a word, add it to the table of its kind; a word for a new kind of thing needs a rule in
`clocks` or `dates` as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache


class Kind(StrEnum):
    """What a token can be. The names are the words that grammar rules are written in."""

    DATE = "date"  # year, month, day
    DAYMONTH = "daymonth"  # day, month
    DOTTED = "dotted"  # 9.30: a time, a date or a decimal number
    SLASH = "slash"
    ISOWEEK = "isoweek"
    CLOCK = "clock"
    OFFSET = "offset"
    NUMBER = "number"
    YEAR = "year"  # four digits; also a clock without its colon
    ORDINAL = "ordinal"
    DAY = "day"
    WEEKDAY = "weekday"
    WEEKEND = "weekend"
    MONTH = "month"
    UNIT = "unit"
    PART = "part"
    EARLY = "early"
    LATE = "late"
    NEXT = "next"
    EDGE = "edge"
    CALENDAR_WEEK = "kw"
    SAME_TIME = "sametime"
    PLUS_HALF = "plushalf"
    TOWARDS = "towards"  # "halb neun": minutes that are missing to the hour
    QUARTER = "quarter"
    PAST = "past"
    TO = "to"
    AT = "at"
    IN = "in"
    AM = "am"  # English before noon, or the German preposition
    MERIDIEM = "meridiem"
    OCLOCK = "oclock"
    HENCE = "hence"
    UNTIL = "until"
    REPLY = "reply"
    CUSTOMER = "customer"
    LAST = "last"
    FILLER = "filler"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Token:
    """One thing that was typed: what it is, what it means, and the folded text it stood in."""

    kind: Kind
    meaning: str
    text: str

    @property
    def number(self) -> Fraction:
        """The meaning as a number; only for kinds that have one."""
        return Fraction(self.meaning)

    @property
    def numbers(self) -> tuple[int, ...]:
        """All whole numbers in the meaning, such as the year, month and day of a date."""
        return tuple(int(digits) for digits in re.findall(r"\d+", self.meaning))


WORDS: dict[Kind, dict[str, str]] = {
    Kind.DAY: {
        "-1": "yesterday|gestern",
        "0": "today|heute",
        "1": "tomorrow|tmrw|tmr|morgen",
        "2": "day after tomorrow|übermorgen",
        "3": "überübermorgen",
    },
    Kind.WEEKDAY: {
        "0": "monday|mon|montag|mo",
        "1": "tuesday|tues|tue|dienstag|di",
        "2": "wednesday|wed|mittwoch|mi",
        "3": "thursday|thurs|thur|thu|donnerstag|do",
        "4": "friday|fri|freitag|fr",
        "5": "saturday|sat|samstag|sonnabend|sa",
        "6": "sunday|sun|sonntag|so",
    },
    Kind.WEEKEND: {"5": "weekend|wochenende"},
    Kind.MONTH: {
        "1": "january|jan|januar|jänner|jän",
        "2": "february|feb|februar|feber",
        "3": "march|mar|märz|mär|mrz",
        "4": "april|apr",
        "5": "may|mai",
        "6": "june|jun|juni",
        "7": "july|jul|juli",
        "8": "august|aug",
        "9": "september|sept|sep",
        "10": "october|oct|oktober|okt",
        "11": "november|nov",
        "12": "december|dec|dezember|dez",
    },
    Kind.UNIT: {
        "minute": "minutes|minute|mins|min|m|minuten",
        "quarter hour": "quarter of an hour|a quarter of an hour|quarter hour|a quarter hour"
        "|viertelstunde|viertelstunden|viertel stunde",
        "three quarter hour": "three quarters of an hour|dreiviertelstunde|drei viertel stunde"
        "|drei viertel stunden|dreiviertel stunde",
        "hour": "hours|hour|hrs|hr|h|stunden|stunde|std|stdn",
        "day": "days|day|d|tage|tag|tagen|tages|tg",
        "workday": "working days|working day|business days|business day|workdays|workday"
        "|werktage|werktag|werktagen|werktags|arbeitstage|arbeitstag|arbeitstagen",
        "week": "weeks|week|wks|wk|w|wochen|woche",
        "fortnight": "fortnights|fortnight",
        "month": "months|month|monate|monat|monaten|monats",
        "quarter": "quartal|quartale|quartals",
        "year": "years|year|yrs|yr|y|jahre|jahr|jahren|jahres",
    },
    Kind.PART: {
        "morning": "in the morning|morning|mornings|am morgen|in der früh|morgens|vormittags"
        "|vormittag",
        "noon": "noon|midday|lunch|lunchtime|mittags|mittag",
        "afternoon": "in the afternoon|afternoon|nachmittags|nachmittag",
        "evening": "in the evening|evening|abends|abend",
        "tonight": "tonight|tonite",
        "night": "at night|night",
        "late night": "nachts|nacht|in der nacht",
        "midnight": "midnight|mitternachts|mitternacht",
        "closing": "end of day|end of the day|end of business|end of work|close of business"
        "|closing time|closing|eod|eob|cob|feierabend|dienstschluss|geschäftsschluss"
        "|büroschluss|tagesende|ende des tages|ende vom tag",
    },
    Kind.EARLY: {"": "early|früh~|frühmorgens|früh am morgen"},
    Kind.LATE: {"": "late|later|later on|spät~|später|später~|nachher|later that day"},
    Kind.NEXT: {
        "0": "this|dies~",
        "coming": "upcoming|coming|this coming|kommend~",
        "1": "next|nxt|nächst~|folgend~|following",
        "2": "after next|übernächst~",
    },
    Kind.EDGE: {
        "start": "start of|start|beginning of|beginning|anfang|beginn|zu beginn|zum anfang",
        "middle": "middle of|middle|mid|mitte",
        "end": "end of|end|ende",
    },
    Kind.CALENDAR_WEEK: {"": "kw|kalenderwoche|calendar week|cw"},
    Kind.SAME_TIME: {
        "": "same time|the same time|this time|gleich~ zeit|gleich~ uhrzeit|selb~ zeit"
        "|dieselbe zeit|derselben zeit|zur gleichen zeit|zur selben zeit|um diese zeit"
    },
    Kind.PLUS_HALF: {"1/2": "and a half|und ein~ halb~|und halb~"},
    Kind.TOWARDS: {"30": "halb", "45": "viertel", "15": "dreiviertel|drei viertel"},
    Kind.QUARTER: {"quarter": "quarter|a quarter"},
    Kind.PAST: {"": "past|after|nach"},
    Kind.TO: {"": "to|before|vor"},
    Kind.AT: {"": "at|um|gegen|around|about|circa|ca|@"},
    Kind.IN: {"": "in|within|innerhalb"},
    Kind.AM: {"am": "am"},
    Kind.MERIDIEM: {"pm": "pm"},
    Kind.OCLOCK: {"": "uhr|oclock"},
    Kind.HENCE: {"": "from now|from now on|hence|ab jetzt|von jetzt|später als jetzt"},
    Kind.UNTIL: {"": "until|till|til|bis|wait for|wait|warte|warten|warten auf|warte auf"},
    Kind.REPLY: {
        "": "reply|replies|replied|answer|answers|answered|response|responds|hear back|writes"
        "|writes back|antwort|antworten|antwortet|geantwortet|rückmeldung|reaktion|rückantwort"
        "|schreibt|zurückschreibt|meldet|sich meldet|sich der kunde meldet|sich die kundin meldet"
    },
    Kind.CUSTOMER: {"": "customer|contact|they|he|she|client|kunde|kunden|kundin|er|sie|es|kommt"},
    Kind.LAST: {
        "": "=|again|same|same again|same as last|same as last time|same as before|as last time"
        "|same time as last|same time as last time|same time as before|last time|nochmal"
        "|noch einmal|wie zuletzt|wie letztes mal|wie eben|wie vorhin|wie beim letzten mal"
    },
    Kind.FILLER: {
        "": "the|on|of|from|by|for|der|die|das|den|dem|des|im|vom|zum|zur|am|ab|von|für|auf"
        "|please|bitte|and|und|then|dann|noch|erst|snooze|it|remind me|wieder|wiedervorlage|~|+"
    },
}
"""Kind → meaning → spellings. "~" stands for any German ending: nächste, nächsten, nächstes …"""

NUMBER_WORDS = {
    "1": "one|a|an|ein~|eins",
    "2": "two|couple|a couple|couple of|a couple of|zwei|zwo",
    "3": "three|few|a few|drei|paar|ein paar",
    "4": "four|vier",
    "5": "five|fünf",
    "6": "six|sechs",
    "7": "seven|sieben",
    "8": "eight|acht",
    "9": "nine|neun",
    "10": "ten|zehn",
    "11": "eleven|elf",
    "12": "twelve|dozen|a dozen|zwölf",
    "13": "thirteen|dreizehn",
    "14": "fourteen|vierzehn",
    "15": "fifteen|fünfzehn",
    "16": "sixteen|sechzehn",
    "17": "seventeen|siebzehn",
    "18": "eighteen|achtzehn",
    "19": "nineteen|neunzehn",
    "20": "twenty|zwanzig",
    "30": "thirty|dreißig",
    "40": "forty|vierzig",
    "50": "fifty|fünfzig",
    "60": "sixty|sechzig",
    "90": "ninety|neunzig",
    "1/2": "half|half a|half an|a half|halbe|halber|halben|halbes|ein~ halb~",
    "3/2": "anderthalb|eineinhalb|einundeinhalb",
    "5/2": "zweieinhalb",
    "7/2": "dreieinhalb",
    "9/2": "viereinhalb",
}
ORDINAL_WORDS = {
    "1": "first|erste|ersten|erster|erstes",
    "2": "second|zweite|zweiten|zweiter",
    "3": "third|dritte|dritten|dritter",
    "4": "fourth|vierte|vierten|vierter",
    "5": "fifth|fünfte|fünften|fünfter",
}

_UNITS_BEFORE_TENS = {1: "ein", 2: "zwei", 3: "drei"}
_ENDINGS = ("", "e", "en", "er", "es", "em")
_UMLAUTS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "'": None, "’": None})


def fold(text: str) -> str:
    """`text` with all spellings of one word made equal: case, width, umlauts, apostrophes."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = unicodedata.normalize("NFKC", plain).translate(_UMLAUTS)
    return plain.replace("ae", "a").replace("oe", "o").replace("ue", "u")


@cache
def phrases() -> dict[str, tuple[Kind, str]]:
    """Every folded spelling with its kind and meaning; the table that comes first wins."""
    known: dict[str, tuple[Kind, str]] = {}
    for spelling, kind, meaning in _entries():
        known.setdefault(fold(spelling), (kind, meaning))
    return known


@cache
def spellings() -> dict[str, str]:
    """Every single word of the tables, folded, with the spelling to show for it."""
    known: dict[str, str] = {}
    for spelling, _kind, _meaning in _entries():
        for word in spelling.split():
            known.setdefault(fold(word), word)
    return known


def _entries() -> Iterator[tuple[str, Kind, str]]:
    for kind, table in (*WORDS.items(), (Kind.NUMBER, NUMBER_WORDS), (Kind.ORDINAL, ORDINAL_WORDS)):
        for meaning, alternatives in table.items():
            for spelling in alternatives.split("|"):
                for inflected in _inflected(spelling):
                    yield inflected, kind, meaning
    for ten in range(20, 60, 10):
        english, german = NUMBER_WORDS[str(ten)].split("|")
        for one in range(1, 10):
            unit, einer = (NUMBER_WORDS[str(one)].split("|")[at] for at in (0, -1))
            einer = _UNITS_BEFORE_TENS.get(one, einer)
            yield f"{english} {unit}", Kind.NUMBER, str(ten + one)
            yield f"{einer}und{german}", Kind.NUMBER, str(ten + one)


def _inflected(spelling: str) -> list[str]:
    forms = [spelling]
    while len(spelling) > 1 and "~" in forms[0]:
        forms = [form.replace("~", ending, 1) for form in forms for ending in _ENDINGS]
    return forms
