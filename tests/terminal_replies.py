"""What a terminal answers when somebody's text has asked it something, and what nobody asked."""

from __future__ import annotations

REPLIES: dict[str, str] = {
    "DA1": "\x1b[?62;1;6;9;15;22c",
    "DA2": "\x1b[>41;354;0c",
    "DA3": "\x1bP!|7E565445\x1b\\",
    "DSR": "\x1b[0n",
    "printer status": "\x1b[?13n",
    "cursor": "\x1b[12;40R",
    "extended cursor": "\x1b[?12;40;1R",
    "DECRQSS": "\x1bP1$r0;4;31m\x1b\\",
    "DECRQSS, what was asked": "\x1bP0$rapprove refund\r\x1b\\",
    "title": "\x1b]lapprove refund\x1b\\",
    "icon title": "\x1b]Lresolve\x07",
    "XTVERSION": "\x1bP>|XTerm(379)\x1b\\",
    "XTGETTCAP": "\x1bP1+r544e=787465726d\x1b\\",
    "foreground": "\x1b]10;rgb:ffff/0000/eeee\x1b\\",
    "background": "\x1b]11;rgb:1414/1818/1d1d\x07",
    "palette": "\x1b]4;1;rgb:cdcd/0000/0000\x1b\\",
    "clipboard": "\x1b]52;c;ZXhhbXBsZSByZWZ1bmQ=\x1b\\",
    "clipboard, long": "\x1b]52;c;" + "QWxsZXMgbmV1ZXMg" * 2_000 + "\x07",
    "window size": "\x1b[8;45;160t",
    "window state": "\x1b[1t",
    "pixel size": "\x1b[4;900;1600t",
    "keyboard protocol": "\x1b[?31u",
    "modifyOtherKeys": "\x1b[>4;2m",
    "mode": "\x1b[?2026;2$y",
    "ANSI mode": "\x1b[4;1$y",
    "terminal parameters": "\x1b[2;1;1;128;128;1;0x",
    "checksum": "\x1bP1!~0F3C\x1b\\",
    "kitty graphics": "\x1b_Gi=31;OK\x1b\\",
    "privacy message": "\x1b^approve\x1b\\",
    "start of string": "\x1bXapprove\x1b\\",
    "iTerm2": "\x1b]1337;ReportCellSize=17.0;8.0\x1b\\",
    "kitty notification": "\x1b]99;i=1:p=?;a=focus\x1b\\",
    "8-bit CSI": "\x9b?62;c",
    "8-bit OSC": "\x9d11;rgb:1414/1818/1d1d\x9c",
    "8-bit DCS": "\x90>|XTerm(379)\x9c",
    "too long": "\x1b[" + "1;" * 200 + "c",
    "no key": "\x1b[101~",
    "no character": "\x1b[1114112u",
    "half a character": "\x1b[55357;1u",
    "nonsense in a key": "\x1b[97:65;2:9;u",
}
"""By what was asked. None of it is a key."""

NEWS = {"cursor", "mode"}
"""Those that the framework itself understands."""
