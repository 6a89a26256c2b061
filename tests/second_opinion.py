"""A second opinion on what the sanitiser lets through, and texts to ask it about.

`faults` judges a finished text by rules written down here and by `unicodedata`, never by the tables
of the program.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from hypothesis import strategies as st
from rich.cells import cell_len

from agent_tui.sanitise import Field

MULTI_LINE = (Field.BODY, Field.COMPOSER)


def spread(*ranges: tuple[int, int]) -> frozenset[str]:
    return frozenset(chr(point) for first, last in ranges for point in range(first, last + 1))


BIDI = spread(
    (0x202A, 0x202E), (0x2066, 0x2069), (0x200E, 0x200F), (0x61C, 0x61C), (0x206A, 0x206F)
)
INVISIBLE = spread(
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200B), (0x2060, 0x2065), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0D)),
    *((0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3)),
    *((0x13430, 0x1343F), (0x1D173, 0x1D17A), (0xE0000, 0xE002F), (0xE003A, 0xE0060)),
    *((0xE007B, 0xE007E), (0xE0080, 0xE0FFF)),
)
GROWING = spread((0x1F000, 0x1FAFF), (0x20000, 0x2FFFD), (0x30000, 0x3FFFD))
COMMON = re.compile("[\u0300-\u036f]")
"""Marks of no script: they belong to that of the letter they stand on."""
TAG = re.compile("[\U000e0020-\U000e007f]")
REGION_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,7}\U000e007f")


@cache
def drawn() -> frozenset[str]:
    """Letters, numbers, punctuation and symbols: code points that must not get lost."""
    kinds = {"L", "N", "P", "S"}
    everything = (chr(point) for point in range(0x110000))
    seen = (character for character in everything if unicodedata.category(character)[0] in kinds)
    return frozenset(seen) - INVISIBLE - {"\U0001d159"}


@cache
def never() -> frozenset[str]:
    """Code points that may be in no result at all."""
    banned = set(BIDI | INVISIBLE)
    for point in range(0x110000):
        character = chr(point)
        category = unicodedata.category(character)
        noncharacter = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
        unassigned = category == "Cn" and character not in GROWING
        if category in ("Cc", "Cs", "Co") or noncharacter or unassigned:
            banned.add(character)
    return frozenset(banned - {"\n"})


def _stacks(text: str) -> Iterator[int]:
    """How many marks stand on each base."""
    marks = 0
    for character in text:
        if unicodedata.category(character)[0] == "M":
            marks += 1
        elif character not in "\u200c\u200d":
            yield marks
            marks = 0
    yield marks


def sequence_faults(text: str) -> Iterator[str]:
    if TAG.search(REGION_FLAG.sub("", text)):
        yield "tag outside a finished flag"
    if re.search("[\ufe0e\ufe0f][\ufe0e\ufe0f]", text):
        yield "run of variation selectors"
    if re.search("(?:^|[ -~\n])[\ufe0e\ufe0f](?!\u20e3)", text):
        yield "variation selector on no emoji"
    if re.search("(?:^|[\x00-\u05ff])[\u200c\u200d](?:[\x00-\u05ff]|$)", COMMON.sub("", text)):
        yield "joiner in no joining script"
    if re.search("[\u200c\u200d][\u200c\u200d]", text):
        yield "run of joiners"
    if re.search("[\u0488\u0489\u1abe\u20dd-\u20e0\u20e2\u20e4\ua670-\ua672]", text):
        yield "enclosing mark"


def _mark_faults(text: str) -> Iterator[str]:
    if max(_stacks(text)) > 5:
        yield "more than five marks"
    if any(unicodedata.category(line[:1] or " ")[0] == "M" for line in text.split("\n")):
        yield "mark without a base"


def faults(text: str, field: Field) -> list[str]:
    """What is wrong with a sanitised text; empty when it may be shown."""
    found = [f"U+{ord(character):04X}" for character in sorted(never() & set(text))]
    found += [*sequence_faults(text), *_mark_faults(text)]
    if len(text) > field.chars or text.count("\n") >= field.lines:
        found.append("too long")
    if field.cells and cell_len(text) > field.cells:
        found.append("too wide")
    if field not in MULTI_LINE and re.search(r"\s\s|^\s|\s$|[^\S ]", text):
        found.append("white space in one line")
    return found


LEGIT = {
    "ASCII": "Order #1234 (50% off) [Photo] {x} $y %s <b> \\[/b]",
    "lines": "Hello\n\n  indented\nBye  ",
    "German": "„Größe“ – 5 € … 3½ m² ×2 ‚ok‘",
    "French": "Où est l’œuvre ? « Çà et là »",
    "Czech, Turkish, Icelandic": "Příliš žluťoučký · İstanbul · það",
    "Greek, Russian, Georgian": "Ευχαριστώ · Спасибо · გმადლობთ",
    "NFD": "Gru\u0308ße, re\u0301sume\u0301, Vie\u0323\u0302t",
    "IPA": "t\u0361ʃ d\u032a\u0325 ɔ\u0303\u02d0",
    "Hebrew, Yiddish": "שָׁלוֹם · ייִדיש",
    "cantillation": "בְּרֵאשִׁ֖ית",
    "Arabic, harakat": "مَرْحَبًا بِكُمْ ١٢٣",
    "Persian": "می\u200cخواهم کتاب\u200cها را خانه\u200cای",
    "Persian suffix on digits": "۲۰\u200cام",
    "Persian suffix on Latin": "PDF\u200cها",
    "Persian he": "۱۴۰۲ ه\u200d.ش.",
    "Kurdish, Urdu": "سڵاو · شکریہ",
    "Hindi ZWJ": "क\u094d\u200dष र\u094d\u200d",
    "Hindi ZWNJ": "क\u094d\u200cष",
    "Marathi eyelash": "दर\u094d\u200dया",
    "Sinhala": "ශ\u0dca\u200dරී ලංකාව ක\u0dca\u200dෂ",
    "Malayalam chillu": "അവന\u0d4d\u200d വന്നു",
    "Bengali": "ত\u09cd\u200c র\u200d\u09cdযাব",
    "Kannada": "ರ\u200d\u0ccdಕ",
    "Tamil, Telugu": "நன்றி · ధన్యవాదాలు",
    "Thai, Lao": "ขอบคุณที่ · ຂອບໃຈ",
    "Khmer, Burmese, Tibetan": "សូមអរគុណ · ကျေးဇူးတင်ပါတယ် · བཀྲ་ཤིས་",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ\u200d",
    "Amharic, Armenian": "አመሰግናለሁ · Շնորհակալություն",
    "Japanese": "ありがとう。\u3000ﾊﾟ プラス「はい」",
    "Chinese, Korean": "谢谢！𠮷野家 · 감사합니다",
    "Korean jamo": "\u1112\u1161\u11ab",
    "family": "👩\u200d👩\u200d👧\u200d👦",
    "couple in colours": "👩🏽\u200d❤\ufe0f\u200d💋\u200d👨🏿",
    "flags": "🇩🇪🇨🇭 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "pirate, rainbow, trans": "🏴\u200d☠\ufe0f 🏳\ufe0f\u200d🌈 🏳\ufe0f\u200d⚧\ufe0f",
    "newer sequences": "⛓\ufe0f\u200d💥 🐦\u200d⬛ 🙂\u200d↔\ufe0f \U0001fae9\U0001faea",
    "keycaps": "1\ufe0f\u20e3 #\ufe0f\u20e3 *\u20e3",
    "text and emoji style": "❤\ufe0e ❤\ufe0f ©\ufe0f ™\ufe0e ㊗\ufe0f 😀\ufe0f",
    "eleven in a row": "\u200d".join(11 * "😀"),
    "shrug": "¯\\_(ツ)_/¯ ( ͡° ͜ʖ ͡°)",
    "currency, maths": "₹ ₺ ₿ · ∑ √2 ≈ π 𝒽ℯ𝓁𝓁ℴ",
    "boxes": "│ ─ █ ▓ ☐ ☑ → ⇒ ⓘ",
    "own marks": "␛]52 ⟪RLO⟫ � ◌\u0301 …",
}  # fmt: skip
"""What people write, which may not be touched."""

TRICKY = st.text(
    st.sampled_from(
        "ab1#é日 \n\r\t\xa0\u3000…ㄱ\u1100\u1161\u11a8😀👩❤🏴\U0001f3fb🇩🇪بाक\u094dකි\u0dca"
        "\u200d\u200d\u200d\u200c\u200c\ufe0f\ufe0f\ufe0e\u20e3\u0301\u0301\u0316\u0488"
        "\U000e0067\U000e0062\U000e0065\U000e007f\u200b\u202e\x1b\x9d\ud83d\u3164\xad"
    ),
    max_size=60,
)
ANY = st.text(st.characters(), max_size=60) | TRICKY
LONG = st.builds(lambda unit, times: unit * times, ANY, st.sampled_from([1, 7, 60, 1_500]))
