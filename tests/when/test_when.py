"""Typed times: the words of both languages, clock changes, holidays, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.i18n import use_language
from agent_tui.when import (
    At,
    BusinessHours,
    Unclear,
    UntilReply,
    When,
    distance,
    parse,
    presets,
    waiting,
)
from agent_tui.when.words import spellings

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    BERLIN,
    ZoneInfo("UTC"),
    ZoneInfo("America/New_York"),
    ZoneInfo("Asia/Kathmandu"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Pacific/Apia"),
]
NOW = datetime(2026, 11, 18, 10, 30, tzinfo=BERLIN)
"""A Wednesday in calendar week 47."""


@pytest.fixture(autouse=True)
def english() -> None:
    use_language("en")


def on(local: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=zone)


def local(when: When, zone: ZoneInfo = BERLIN) -> str:
    """What `when` shows on the wall, or what it is instead of a moment."""
    if isinstance(when, At):
        return f"{when.moment.astimezone(zone):%Y-%m-%d %H:%M}"
    return type(when).__name__


def typed(text: str, now: datetime = NOW, hours: BusinessHours | None = None) -> str:
    return local(parse(text, now, BERLIN, hours or BusinessHours()))


def unclear(text: str, now: datetime = NOW) -> Unclear:
    when = parse(text, now, BERLIN)
    assert isinstance(when, Unclear), f"{text!r} was taken as {when}"
    return when


ENGLISH = {
    # durations
    "2h": "2026-11-18 12:30",
    "2 h": "2026-11-18 12:30",
    "+2h": "2026-11-18 12:30",
    "1h30m": "2026-11-18 12:00",
    "1h30": "2026-11-18 12:00",
    "90 min": "2026-11-18 12:00",
    "in 2 hours": "2026-11-18 12:30",
    "today in 2 hours": "2026-11-18 12:30",
    "2 hours later": "2026-11-18 12:30",
    "5 minutes from now": "2026-11-18 10:35",
    "thirty-five minutes": "2026-11-18 11:05",
    "half an hour": "2026-11-18 11:00",
    "a quarter of an hour": "2026-11-18 10:45",
    "half a day": "2026-11-18 22:30",
    "2.5h": "2026-11-18 13:00",
    "one and a half hours": "2026-11-18 12:00",
    "an hour and a half": "2026-11-18 12:00",
    "a couple of hours": "2026-11-18 12:30",
    "a few days": "2026-11-21 10:30",
    "a fortnight": "2026-12-02 10:30",
    "3d": "2026-11-21 10:30",
    "2 weeks": "2026-12-02 10:30",
    "1 day 2 hours": "2026-11-19 12:30",
    "one hour and five minutes": "2026-11-18 11:35",
    "a month later": "2026-12-18 10:30",
    "in 3 days at 9am": "2026-11-21 09:00",
    "3 business days": "2026-11-23 09:00",
    "two weeks from monday": "2026-12-07 09:00",
    "a week from tomorrow": "2026-11-26 09:00",
    "please snooze it for 2 hours": "2026-11-18 12:30",
    # days
    "today": "2026-11-18 11:30",
    "today 5 pm": "2026-11-18 17:00",
    "tonight": "2026-11-18 20:00",
    "tonight at 9": "2026-11-18 21:00",
    "tonight 7:30": "2026-11-18 19:30",
    "this evening": "2026-11-18 18:00",
    "tomorrow": "2026-11-19 09:00",
    "Tomorrow 9": "2026-11-19 09:00",
    "tomorrow, 9:15": "2026-11-19 09:15",
    "tomorrow at 9am": "2026-11-19 09:00",
    "9 tomorrow": "2026-11-19 09:00",
    "tomorrow at 1430": "2026-11-19 14:30",
    "tomorrow morning": "2026-11-19 09:00",
    "tomorrow morning at 8": "2026-11-19 08:00",
    "tomorrow afternoon at 3": "2026-11-19 15:00",
    "tomorrow late afternoon": "2026-11-19 16:00",
    "tomorrow evening": "2026-11-19 18:00",
    "tomorrow 7": "2026-11-19 07:00",
    "day after tomorrow": "2026-11-20 09:00",
    "the day after tomorrow at 2pm": "2026-11-20 14:00",
    "same time tomorrow": "2026-11-19 10:30",
    "same time next week": "2026-11-25 10:30",
    # weekdays
    "friday": "2026-11-20 09:00",
    "Fri 14:00": "2026-11-20 14:00",
    "friday at 3pm": "2026-11-20 15:00",
    "friday afternoon": "2026-11-20 14:00",
    "this friday": "2026-11-20 09:00",
    "upcoming friday": "2026-11-20 09:00",
    "next friday": "2026-11-27 09:00",
    "friday after next": "2026-12-04 09:00",
    "friday midnight": "2026-11-21 00:00",
    "end of friday": "2026-11-20 18:00",
    "wednesday": "2026-11-25 09:00",
    "wed 9:00": "2026-11-25 09:00",
    "wed 15:00": "2026-11-18 15:00",
    "tuesday next week": "2026-11-24 09:00",
    "next week tuesday 14:00": "2026-11-24 14:00",
    "monday in 2 weeks": "2026-12-07 09:00",
    "weekend": "2026-11-21 09:00",
    "next weekend": "2026-11-28 09:00",
    # weeks, months, years
    "next hour": "2026-11-18 11:30",
    "next week": "2026-11-23 09:00",
    "next month": "2026-12-01 09:00",
    "next quarter": "2027-01-04 09:00",
    "next year": "2027-01-04 09:00",
    "next april": "2027-04-01 09:00",
    "week after next": "2026-11-30 09:00",
    "week 49": "2026-11-30 09:00",
    "2026-W49": "2026-11-30 09:00",
    "2026-W49-2": "2026-12-01 09:00",
    "next day": "2026-11-19 09:00",
    "this december": "2026-12-01 09:00",
    "start of next week": "2026-11-23 09:00",
    "mid next week": "2026-11-25 09:00",
    "end of next week": "2026-11-27 18:00",
    "end of week": "2026-11-20 18:00",
    "end of the month": "2026-11-30 18:00",
    "mid december": "2026-12-15 09:00",
    "end of day": "2026-11-18 18:00",
    "eod friday": "2026-11-20 18:00",
    "later today": "2026-11-18 13:30",
    "later": "2026-11-18 13:30",
    "early morning": "2026-11-19 08:00",
    "late afternoon": "2026-11-18 16:00",
    "in the morning": "2026-11-19 09:00",
    "next business day": "2026-11-19 09:00",
    "next working day at 10": "2026-11-19 10:00",
    # clock times
    "9am": "2026-11-19 09:00",
    "12 am": "2026-11-19 00:00",
    "12 pm": "2026-11-18 12:00",
    "14:00": "2026-11-18 14:00",
    "9:00": "2026-11-19 09:00",
    "at 9": "2026-11-19 09:00",
    "2:15 p.m.": "2026-11-18 14:15",
    "noon": "2026-11-18 12:00",
    "midnight": "2026-11-19 00:00",
    "11 o'clock": "2026-11-18 11:00",
    "quarter past nine": "2026-11-19 09:15",
    "half past eleven": "2026-11-18 11:30",
    "ten to eleven": "2026-11-18 10:50",
    "quarter to one": "2026-11-18 12:45",
    # dates
    "december 1": "2026-12-01 09:00",
    "1 december": "2026-12-01 09:00",
    "Dec 1st, 2026": "2026-12-01 09:00",
    "1st of December at 9": "2026-12-01 09:00",
    "dec 24 2026 14:00": "2026-12-24 14:00",
    "24-Dec-2026": "2026-12-24 09:00",
    "december": "2026-12-01 09:00",
    "first week of April": "2027-04-01 09:00",
    "on the 15th at 8": "2026-12-15 08:00",
    "3rd of next month": "2026-12-03 09:00",
    "december 1 next year": "2027-12-01 09:00",
    "2026-12-01": "2026-12-01 09:00",
    "2026-12-01 14:30": "2026-12-01 14:30",
    "2026-12-01T14:30:00Z": "2026-12-01 15:30",
    "2026-12-01T14:30+05:30": "2026-12-01 10:00",
    "2026/12/01": "2026-12-01 09:00",
    "1-12-2026": "2026-12-01 09:00",
    "Wed 2026-11-25 14:00": "2026-11-25 14:00",
    "24/12": "2026-12-24 09:00",
    "24/12/2026": "2026-12-24 09:00",
    "5th day of january": "2027-01-05 09:00",
    "tomorrow 9.": "2026-11-19 09:00",
    "12/24 9:30": "2026-12-24 09:30",
    "12/12": "2026-12-12 09:00",
    # replies
    "until reply": "UntilReply",
    "until they reply": "UntilReply",
    "until the customer replies": "UntilReply",
    "until next reply": "UntilReply",
}

GERMAN = {
    # durations
    "in 2 Std": "2026-11-18 12:30",
    "in 2 Std.": "2026-11-18 12:30",
    "30 min": "2026-11-18 11:00",
    "2 Stunden 15 Minuten": "2026-11-18 12:45",
    "in einer Stunde": "2026-11-18 11:30",
    "in einer halben Stunde": "2026-11-18 11:00",
    "in einer Viertelstunde": "2026-11-18 10:45",
    "in anderthalb Stunden": "2026-11-18 12:00",
    "in eineinhalb Stunden": "2026-11-18 12:00",
    "in zweieinhalb Stunden": "2026-11-18 13:00",
    "in 1,5 Stunden": "2026-11-18 12:00",
    "in fünfundvierzig Minuten": "2026-11-18 11:15",
    "in einundzwanzig Minuten": "2026-11-18 10:51",
    "in 14 Tagen": "2026-12-02 10:30",
    "heute in 14 Tagen": "2026-12-02 10:30",
    "in ein paar Tagen": "2026-11-21 10:30",
    "in 2 Wochen um 9": "2026-12-02 09:00",
    "in einem Monat": "2026-12-18 10:30",
    "in 3 Werktagen": "2026-11-23 09:00",
    "nach 2 Stunden": "2026-11-18 12:30",
    "Montag in zwei Wochen": "2026-12-07 09:00",
    # days
    "nachher": "2026-11-18 13:30",
    "später": "2026-11-18 13:30",
    "heute": "2026-11-18 11:30",
    "heute Mittag": "2026-11-18 12:00",
    "heute Abend": "2026-11-18 18:00",
    "heute abend um 8": "2026-11-18 20:00",
    "heute 17h": "2026-11-18 17:00",
    "heute 17h30": "2026-11-18 17:30",
    "heute 24 Uhr": "2026-11-19 00:00",
    "morgen": "2026-11-19 09:00",
    "morgen 9": "2026-11-19 09:00",
    "morgen um 9 Uhr": "2026-11-19 09:00",
    "morgen 9.30": "2026-11-19 09:30",
    "morgen früh": "2026-11-19 09:00",
    "morgen frueh um 7": "2026-11-19 07:00",
    "MORGEN FRUH": "2026-11-19 09:00",
    "morgen Nachmittag": "2026-11-19 14:00",
    "morgen am frühen Abend": "2026-11-19 17:00",
    "morgen halb neun": "2026-11-19 08:30",
    "morgen gleiche Zeit": "2026-11-19 10:30",
    "bis morgen 9 Uhr": "2026-11-19 09:00",
    "übermorgen": "2026-11-20 09:00",
    "übermorgen 14 Uhr": "2026-11-20 14:00",
    "uebermorgen 14 uhr": "2026-11-20 14:00",
    "Feierabend": "2026-11-18 18:00",
    "morgen Feierabend": "2026-11-19 18:00",
    # weekdays
    "Montag": "2026-11-23 09:00",
    "Mo früh": "2026-11-23 09:00",
    "Mo früh um 8": "2026-11-23 08:00",
    "Montag Morgen": "2026-11-23 09:00",
    "Freitagabend": "2026-11-20 18:00",
    "Fr 14:00": "2026-11-20 14:00",
    "fr 14": "2026-11-20 14:00",
    "freitag um 14": "2026-11-20 14:00",
    "14:30 Uhr am Freitag": "2026-11-20 14:30",
    "Mi": "2026-11-25 09:00",
    "Mi 15 Uhr": "2026-11-18 15:00",
    "diesen Freitag": "2026-11-20 09:00",
    "kommenden Freitag": "2026-11-20 09:00",
    "nächsten Freitag": "2026-11-27 09:00",
    "nächsten Montag": "2026-11-23 09:00",
    "naechsten Montag um 10": "2026-11-23 10:00",
    "Dienstag nächster Woche": "2026-11-24 09:00",
    "Freitag übernächster Woche": "2026-12-04 09:00",
    "Wochenende": "2026-11-21 09:00",
    "am Wochenende": "2026-11-21 09:00",
    # weeks, months, years
    "nächste Woche": "2026-11-23 09:00",
    "nächste Woche Dienstag 14:00": "2026-11-24 14:00",
    "übernächste Woche": "2026-11-30 09:00",
    "nächster Werktag": "2026-11-19 09:00",
    "am nächsten Werktag um 10": "2026-11-19 10:00",
    "KW 48": "2026-11-23 09:00",
    "KW48 Freitag": "2026-11-27 09:00",
    "KW 2": "2027-01-11 09:00",
    "KW 48/2027": "2027-11-29 09:00",
    "ende der Woche": "2026-11-20 18:00",
    "Ende nächster Woche": "2026-11-27 18:00",
    "Anfang nächster Woche": "2026-11-23 09:00",
    "Mitte nächster Woche": "2026-11-25 09:00",
    "nächsten Monat": "2026-12-01 09:00",
    "Monatsende": "2026-11-30 18:00",
    "Ende des Monats": "2026-11-30 18:00",
    "Ende November": "2026-11-30 18:00",
    "Anfang Dezember": "2026-12-01 09:00",
    "im Januar": "2027-01-04 09:00",
    "erste Aprilwoche": "2027-04-01 09:00",
    "nächstes Jahr": "2027-01-04 09:00",
    "Jahresende": "2026-12-31 18:00",
    # clock times
    "17 Uhr": "2026-11-18 17:00",
    "17 Uhr 30": "2026-11-18 17:30",
    "9.30 Uhr": "2026-11-19 09:30",
    "um 17h": "2026-11-18 17:00",
    "halb neun": "2026-11-19 08:30",
    "halb eins": "2026-11-18 12:30",
    "viertel nach neun": "2026-11-19 09:15",
    "viertel vor neun": "2026-11-19 08:45",
    "viertel neun": "2026-11-19 08:15",
    "drei viertel neun": "2026-11-19 08:45",
    "dreiviertel neun": "2026-11-19 08:45",
    "fünf vor halb neun": "2026-11-19 08:25",
    "zehn nach elf": "2026-11-18 11:10",
    "sieben Uhr abends": "2026-11-18 19:00",
    "um halb drei nachmittags": "2026-11-18 14:30",
    "mittags": "2026-11-18 12:00",
    "Mitternacht": "2026-11-19 00:00",
    # dates
    "1.12.": "2026-12-01 09:00",
    "1.12": "2026-12-01 09:00",
    "1.12. 9 Uhr": "2026-12-01 09:00",
    "1.12. um 8": "2026-12-01 08:00",
    "1.12.26 14:30": "2026-12-01 14:30",
    "1. 12. 2026": "2026-12-01 09:00",
    "Di, 24.11. 14 Uhr": "2026-11-24 14:00",
    "24.12. 14.30 Uhr": "2026-12-24 14:30",
    "1. Dezember": "2026-12-01 09:00",
    "am 1. Dezember 2026 um 9 Uhr": "2026-12-01 09:00",
    "24. Dez": "2026-12-24 09:00",
    "5. März": "2027-03-05 09:00",
    "5.1.": "2027-01-05 09:00",
    "29.2.": "2028-02-29 09:00",
    "am 15.": "2026-12-15 09:00",
    "am 3. nächsten Monat": "2026-12-03 09:00",
    # replies
    "bis Antwort": "UntilReply",
    "bis zur Antwort": "UntilReply",
    "bis der Kunde antwortet": "UntilReply",
    "bis sich der Kunde meldet": "UntilReply",
    "bis eine Antwort kommt": "UntilReply",
}


@pytest.mark.parametrize(("text", "expected"), ENGLISH.items())
def test_english_is_understood(text: str, expected: str) -> None:
    assert typed(text) == expected


@pytest.mark.parametrize(("text", "expected"), GERMAN.items())
def test_german_is_understood(text: str, expected: str) -> None:
    assert typed(text) == expected


@pytest.mark.parametrize("language", ["en", "nl"])
def test_both_languages_are_read_whatever_the_program_speaks(language: str) -> None:
    use_language(language)
    assert typed("übermorgen 14 Uhr") == typed("day after tomorrow 14:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n ",
        "foo",
        "9",
        "1430",
        "25:00",
        "12:75",
        "13 pm",
        "morgen 25 Uhr",
        "31.2.",
        "30.2.2028",
        "31/2",
        "32 december",
        "KW 99",
        "KW 0",
        "2025-W53",
        "0 min",
        "-5 min",
        "in 2h at 9",
        "tomorrow in 2 hours",
        "vor 2 Stunden",
        "nach Montag",
        "monday tuesday",
        "9:00 10:00",
        "tomorrow morning 14:00",
        "heute Abend 10:00 am",
        "tomorrow and then perhaps",
        "tomorrow reply",
        "tomorrow late",
        "tomorrow next month",
        "heute in 20 Stunden",
        "in 1 day 2 hours at 9",
        "same time tomorrow at 9",
        "eod at 9",
        "70 to nine",
        "dreiviertel nach neun",
        "five hours past nine",
        "32.",
        "3rd of next week",
        "monday in december",
        "6th week of april",
        "2nd hour of april",
        "2026-W49-9",
        "this hour",
        "hour 9",
        "start of the hour",
        "1.5 business days",
        "first monday of april",
        "1000000 days",
        "99999 days",
        "999999 weeks",
        "999999 years",
        "999999 business days",
        "1500 business days",
        "dec 9999",
        "9999-12-31 23:59",
        "9999-W52",
        "2026-12-01 9:00 +99:00",
        "9" * 5000,
        "x" * 20_000,
        "1:" * 10_000,
        "nächster " * 11,
    ],
)
def test_what_says_no_moment_is_unclear_and_says_so(text: str) -> None:
    when = unclear(text)
    assert when.reason.endswith(".")
    assert "“" in when.reason, "the sentence shows something to type"
    assert len(when.reason) < 200


@pytest.mark.parametrize(
    ("text", "shown", "suggestion"),
    [
        ("today 8:00", "2026-11-18 08:00", "2026-11-19 08:00"),
        ("heute Morgen", "2026-11-18 09:00", "2026-11-19 09:00"),
        ("diesen Montag", "2026-11-16 09:00", "2026-11-23 09:00"),
        ("1.11.", "2026-11-01 09:00", "2027-11-01 09:00"),
        ("1.12.2020", "2020-12-01 09:00", None),
        ("gestern", "2026-11-17 09:00", None),
        ("Monatsanfang", "2026-11-02 09:00", "2026-12-01 09:00"),
        ("November", "2026-11-02 09:00", "2027-11-01 09:00"),
    ],
)
def test_a_past_moment_is_shown_and_never_rolled_on(
    text: str, shown: str, suggestion: str | None
) -> None:
    when = unclear(text)
    assert shown in when.reason
    assert when.suggestion == suggestion


@pytest.mark.parametrize("text", ["later today", "Feierabend", "end of day", "heute Abend"])
def test_after_closing_the_rest_of_today_is_past(text: str) -> None:
    assert "2026-11-18 18:00" in unclear(text, on("2026-11-18 18:00")).reason


def test_today_alone_does_not_reach_into_tomorrow() -> None:
    assert unclear("today", on("2026-11-18 23:20")).suggestion == "1h"


def test_later_today_stops_at_closing() -> None:
    assert typed("later today", on("2026-11-18 16:45")) == "2026-11-18 18:00"


def test_both_readings_of_a_slash_date_are_offered() -> None:
    when = unclear("1/12 at 9:30")
    assert "2026-12-01" in when.reason
    assert "2027-01-12" in when.reason
    assert when.suggestion == "2026-12-01 at 9:30"


def test_a_number_alone_is_neither_time_nor_duration() -> None:
    assert unclear("9").suggestion == "9:00"


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("tommorow 9", "tomorrow 9"),
        ("Mitwoch 14 Uhr", "Mittwoch 14 Uhr"),
        ("ubermorgn", "übermorgen"),
        ("Mi, 24.11.", "2026-11-24"),
        ("qqqq 9", None),
    ],
)
def test_a_near_miss_is_offered_but_not_taken(text: str, suggestion: str | None) -> None:
    assert unclear(text).suggestion == suggestion


def test_defaults_follow_the_business_hours() -> None:
    early = BusinessHours(opens=time(7, 30), closes=time(16), workdays=frozenset(range(1, 6)))
    assert typed("tomorrow", hours=early) == "2026-11-19 07:30"
    assert typed("morgen früh", hours=early) == "2026-11-19 07:30"
    assert typed("eod", hours=early) == "2026-11-18 16:00"
    assert typed("next week", hours=early) == "2026-11-24 07:30"
    assert typed("end of week", hours=early) == "2026-11-21 16:00"


def test_next_working_day_knows_christmas_and_easter() -> None:
    assert typed("next working day", on("2026-12-24 10:00")) == "2026-12-28 09:00"
    assert typed("nächster Werktag", on("2027-03-25 10:00")) == "2027-03-30 09:00"
    assert typed("in 2 Werktagen", on("2026-12-31 10:00")) == "2027-01-05 09:00"
    assert typed("end of week", on("2027-03-23 10:00")) == "2027-03-25 18:00"
    assert typed("next week", on("2027-03-24 10:00")) == "2027-03-30 09:00"


def test_next_monday_is_monday_even_on_a_holiday() -> None:
    assert typed("next monday", on("2027-03-24 10:00")) == "2027-03-29 09:00"


def test_a_skipped_local_time_moves_forward() -> None:
    assert typed("2026-03-29 02:30", on("2026-03-28 10:00")) == "2026-03-29 03:30"
    assert typed("tomorrow 2:00", on("2026-03-28 10:00")) == "2026-03-29 03:00"


def test_a_repeated_local_time_is_the_first_of_two() -> None:
    when = parse("2026-10-25 02:30", on("2026-10-24 10:00"), BERLIN)
    assert when == At(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-25 02:30 +02:00")


def test_between_the_two_the_second_is_meant() -> None:
    now = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 for the second time
    assert parse("2:40", now, BERLIN) == At(
        datetime(2026, 10, 25, 1, 40, tzinfo=UTC), "2026-10-25 02:40 +01:00"
    )


@pytest.mark.parametrize(
    ("now", "hours_later", "day_later"),
    [
        ("2026-03-29 01:30", "2026-03-29 04:30", "2026-03-30 01:30"),
        ("2026-10-25 01:30", "2026-10-25 02:30", "2026-10-26 01:30"),
    ],
)
def test_hours_are_real_and_days_are_of_the_calendar(
    now: str, hours_later: str, day_later: str
) -> None:
    when = parse("2h", on(now), BERLIN)
    assert isinstance(when, At)
    assert when.moment - on(now).astimezone(UTC) == timedelta(hours=2)
    assert local(when) == hours_later
    assert typed("1 day", on(now)) == day_later


def test_a_missing_31st_is_the_last_of_the_month() -> None:
    assert typed("1 month", on("2027-01-31 10:00")) == "2027-02-28 10:00"


def test_seconds_are_dropped_but_a_minute_stays_ahead() -> None:
    now = on("2026-11-18 10:30:45")
    assert typed("2h", now) == "2026-11-18 12:30"
    assert typed("0.1 min", now) == "2026-11-18 10:31"


@pytest.mark.parametrize("text", ["=", "same time as last", "same time", "wie zuletzt", "nochmal"])
def test_the_last_choice_is_repeated(text: str) -> None:
    last = At(on("2026-11-20 08:15").astimezone(UTC))
    assert parse(text, NOW, BERLIN, last=last) == last
    assert parse(text, NOW, BERLIN, last=UntilReply()) == UntilReply()
    assert "2026-11-17 08:00" in _reason(text, At(on("2026-11-17 08:00")))
    assert _reason(text, None) == _reason(text, Unclear("?"))


def _reason(text: str, last: When | None) -> str:
    when = parse(text, NOW, BERLIN, last=last)
    assert isinstance(when, Unclear)
    return when.reason


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        parse("2h", datetime(2026, 11, 18), BERLIN)  # noqa: DTZ001 - what is refused


MOMENTS = st.datetimes(
    min_value=datetime(2001, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from(ZONES),
)
WORD = st.one_of(
    st.sampled_from(sorted(spellings().values())),
    st.sampled_from(["9", "14:30", "1.12.", "24.12.2031", "1/12", "2h", "31", "KW", "9.30", "-"]),
    st.integers(0, 10**7).map(str),
)
PHRASES = st.lists(WORD, min_size=1, max_size=7).map(" ".join)


@given(st.text(max_size=120) | PHRASES, MOMENTS, st.sampled_from(ZONES))
def test_no_text_raises_or_means_the_past(text: str, now: datetime, zone: ZoneInfo) -> None:
    when = parse(text, now, zone)
    if isinstance(when, At):
        assert when.moment > now
        assert when.moment.utcoffset() == timedelta()
        assert when.moment.second == when.moment.microsecond == 0


@given(PHRASES, MOMENTS, st.sampled_from(ZONES))
def test_what_is_understood_is_read_back_as_the_same(
    text: str, now: datetime, zone: ZoneInfo
) -> None:
    when = parse(text, now, zone)
    if isinstance(when, At):
        assert parse(when.text, now, zone) == when


@given(PHRASES, MOMENTS)
def test_every_suggestion_is_taken(text: str, now: datetime) -> None:
    when = parse(text, now, BERLIN)
    if isinstance(when, Unclear) and when.suggestion is not None:
        assert not isinstance(parse(when.suggestion, now, BERLIN), Unclear)


@given(PHRASES, MOMENTS)
def test_case_and_umlauts_do_not_matter(text: str, now: datetime) -> None:
    spelt_out = text.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    expected = local(parse(text, now, BERLIN))
    assert local(parse(spelt_out, now, BERLIN)) == expected
    assert local(parse(text.upper(), now, BERLIN)) == expected


def preset_table(now: datetime, last: When | None = None) -> dict[str, str]:
    return {
        preset.letter: local(preset.when) for preset in presets(now, BERLIN, BusinessHours(), last)
    }


def test_presets_of_an_ordinary_morning() -> None:
    last = At(on("2026-12-03 08:15"))
    assert preset_table(NOW, last) == {
        "r": "UntilReply",
        "h": "2026-11-18 11:30",
        "l": "2026-11-18 13:30",
        "e": "2026-11-18 18:00",
        "t": "2026-11-19 09:00",
        "w": "2026-11-19 09:00",
        "f": "2026-11-20 09:00",
        "m": "2026-11-23 09:00",
        "n": "2026-12-01 09:00",
        "=": "2026-12-03 08:15",
    }


def test_presets_that_are_past_are_left_out() -> None:
    assert "".join(preset_table(on("2026-11-18 18:00"))) == "rhtwfmn"


def test_later_today_is_at_most_closing() -> None:
    assert preset_table(on("2026-11-18 16:45"))["l"] == "2026-11-18 18:00"


@pytest.mark.parametrize("clock", ["08:00", "10:00"])
def test_friday_and_monday_are_the_coming_ones(clock: str) -> None:
    assert preset_table(on(f"2026-11-20 {clock}"))["f"] == "2026-11-27 09:00"
    assert preset_table(on(f"2026-11-23 {clock}"))["m"] == "2026-11-30 09:00"


def test_presets_know_holidays_and_weekends() -> None:
    before_christmas = preset_table(on("2026-12-24 10:00"))
    assert before_christmas["t"] == "2026-12-25 09:00"
    assert before_christmas["w"] == "2026-12-28 09:00"
    assert before_christmas["n"] == "2027-01-04 09:00"


@pytest.mark.parametrize(
    ("last", "offered"),
    [
        (None, False),
        (Unclear("?"), False),
        (At(NOW - timedelta(minutes=1)), False),
        (At(NOW + timedelta(days=2)), True),
        (UntilReply(), True),
    ],
)
def test_the_last_choice_is_offered_while_it_is_one(last: When | None, offered: bool) -> None:
    assert ("=" in preset_table(NOW, last)) is offered


@given(MOMENTS, st.sampled_from(ZONES))
def test_presets_are_ahead_and_their_text_says_the_same(now: datetime, zone: ZoneInfo) -> None:
    for preset in presets(now, zone, BusinessHours(), None):
        if isinstance(preset.when, At):
            assert preset.when.moment > now
            assert parse(preset.when.text, now, zone) == preset.when
            assert preset.when.text.startswith(local(preset.when, zone))


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (timedelta(seconds=20), "now"),
        (timedelta(minutes=12), "in 12 m"),
        (timedelta(minutes=59, seconds=40), "in 1 h"),
        (timedelta(hours=2), "in 2 h"),
        (timedelta(hours=22, minutes=30), "in 22 h"),
        (timedelta(hours=23, minutes=45), "in 1 d"),
        (timedelta(days=3), "in 3 d"),
        (timedelta(minutes=-5), "5 m ago"),
        (timedelta(hours=-3), "3 h ago"),
        (timedelta(days=-2), "2 d ago"),
    ],
)
def test_distance(ahead: timedelta, expected: str) -> None:
    assert distance(NOW + ahead, NOW) == expected


@pytest.mark.parametrize(
    ("waited", "expected"),
    [
        (timedelta(seconds=-30), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=12, seconds=50), "12 m"),
        (timedelta(minutes=59, seconds=59), "59 m"),
        (timedelta(hours=3, minutes=50), "3 h"),
        (timedelta(hours=24), "1 d"),
        (timedelta(days=2, hours=23), "2 d"),
    ],
)
def test_waiting_counts_whole_units(waited: timedelta, expected: str) -> None:
    assert waiting(NOW - waited, NOW) == expected
