"""Date phrases → EDTF: "khoảng 1978", "cuối 77 đầu 78", "mồng hai Tết Mậu Thân".

The result is a suggestion that the user can correct; the phrase is stored beside it,
word for word. Unknown phrases give "". The day always precedes the month.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime

from archive.time import dates, lunar

LONGEST_PHRASE = 120
EARLIEST_YEAR, LATEST_YEAR = 1500, 2200
_YEAR = r"(\d{4}|\d{2})"
_TWO_TO_TEN = {
    "hai": 2,
    "ba": 3,
    "tư": 4,
    "bốn": 4,
    "năm": 5,
    "sáu": 6,
    "bảy": 7,
    "bẩy": 7,
    "tám": 8,
    "chín": 9,
    "mười": 10,
}
# The first month is “giêng”; “tháng một” alone is the eleventh.
_LUNAR_MONTHS = {
    "giêng": 1,
    **_TWO_TO_TEN,
    "một": 11,
    "mười một": 11,
    "chạp": 12,
    "mười hai": 12,
}
_DAYS = {"một": 1, **_TWO_TO_TEN}
_ENGLISH = {
    "january": 1,
    "february": 2,
    "march": 3,
    "april": 4,
    "may": 5,
    "june": 6,
    "july": 7,
    "august": 8,
    "september": 9,
    "october": 10,
    "november": 11,
    "december": 12,
}
_ENGLISH |= {name[:3]: number for name, number in _ENGLISH.items()}
_MONTH_EN = "(" + "|".join(sorted(_ENGLISH, key=len, reverse=True)) + r")\.?"
_PARTS = {"đầu": 0, "giữa": 1, "cuối": 2, "early": 0, "mid": 1, "late": 2}
_PART = "(đầu|giữa|cuối)"
_PART_EN = "(early|mid|late)[ -](?:in )?(?:the )?"
_APPROXIMATE = re.compile(r"^(vào khoảng|khoảng|chừng|độ|tầm|cỡ|about|around|circa|ca?\.) ?")
_UNCERTAIN = re.compile(r"^(hình như|có lẽ|chắc là|không chắc|perhaps|maybe|probably) ?")
_FILLER = re.compile(r"^(sinh|vào|hồi|lúc|trong|ngày|năm|in|on|born|the)(?= ) ")
_CYCLIC = rf"({'|'.join(lunar.STEMS)}) ({'|'.join(lunar.BRANCHES)})"
_QUARTERS = {"i": 33, "ii": 34, "iii": 35, "iv": 36, "1": 33, "2": 34, "3": 35, "4": 36}

Rule = Callable[[re.Match[str]], str]


def to_edtf(phrase: str, *, today: date | None = None) -> str:
    """Return the EDTF of a date phrase, or "".

    >>> to_edtf("khoảng 1978"), to_edtf("mồng hai Tết Mậu Thân"), to_edtf("năm nước lên")
    ('1978~', '1968-01-30/1968-01-31', '')
    """
    if len(phrase) > LONGEST_PHRASE:
        return ""
    try:
        edtf = _phrase_to_edtf(_normalise(phrase), today or datetime.now(UTC).date())
        return dates.parse(edtf).edtf if edtf else ""
    except (dates.NotADate, ValueError, OverflowError):
        return ""


def _normalise(phrase: str) -> str:
    text = unicodedata.normalize("NFC", phrase).lower()
    text = re.sub(r"[–—−]", "-", text).replace("mùng", "mồng").replace("tí ", "tý ")
    text = re.sub(r"\bkỉ\b", "kỷ", text).replace("tị", "tỵ").replace("quí ", "quý ")
    text = re.sub(r"\s*([-/,])\s*", r"\1", " ".join(text.split()))
    return text.strip(" .,;:")


def _phrase_to_edtf(text: str, today: date) -> str:
    if re.fullmatch(r"[\dX~?%./\[\],{}-]+", text.upper()):
        try:
            return dates.parse(text.upper()).edtf
        except dates.NotADate:
            pass
    qualifier = ""
    while True:
        previous = text
        if found := _APPROXIMATE.match(text):
            qualifier, text = "~", text[found.end() :]
        elif found := _UNCERTAIN.match(text):
            qualifier, text = "?", text[found.end() :]
        elif found := _FILLER.match(text):
            if (full_match := _match_grammar(text, today)) is not None:
                return _with_qualifier(full_match, qualifier)
            text = text[found.end() :]
        if text == previous:
            break
    return _with_qualifier(_match_grammar(text, today) or "", qualifier)


def _with_qualifier(edtf: str, qualifier: str) -> str:
    """Add the qualifier to each end of the date unless it has one."""
    if not qualifier or not edtf or edtf[0] in "[{" or edtf[-1] in "~?%" or edtf.endswith("X"):
        return edtf
    return "/".join(end if end in ("..", "") else end + qualifier for end in edtf.split("/"))


def _match_grammar(text: str, today: date) -> str | None:
    for pattern, rule in _RULES:
        if found := pattern.fullmatch(text):
            return rule(found)
    return _lunar(text, today)


def _year(text: str) -> int:
    """Return the year; 45–99 mean 19xx, 00 to this year 20xx; raises ValueError for others."""
    number = int(text)
    if len(text) == 4:
        if not EARLIEST_YEAR <= number <= LATEST_YEAR:
            raise ValueError(text)
        return number
    if 45 <= number <= 99:
        return 1900 + number
    if number <= datetime.now(UTC).year - 2000:
        return 2000 + number
    raise ValueError(text)


def _month(year: str | int, month: str | int) -> str:
    return f"{_year(str(year)):04d}-{int(month):02d}"


def _day(day: str, month: str | int, year: str) -> str:
    return f"{_month(year, month)}-{int(day):02d}"


def _one_of_two(first: str, last: str) -> str:
    a, b = _year(first), _year(last)
    return f"[{a}..{b}]" if b == a + 1 else f"[{a},{b}]"


def _span(first: str, last: str) -> str:
    return f"{_year(first)}/{_year(last)}"


def _part_of_year(part: str, year: str) -> str:
    first, last = (("01", "04"), ("05", "08"), ("09", "12"))[_PARTS[part]]
    return f"{_year(year)}-{first}~/{_year(year)}-{last}~"


def _part_of_month(part: str, month: str, year: str) -> str:
    start = _month(year, month)
    end = dates.parse(start).latest_on
    first, last = (("01", "10"), ("11", "20"), ("21", f"{end:%d}" if end else ""))[_PARTS[part]]
    return f"{start}-{first}~/{start}-{last}~"


def _decade(digits: str) -> str:
    if len(digits) == 2 and digits[0] in "012":
        return f"20{digits[0]}X"
    return f"{digits[:3]}X" if len(digits) == 4 else f"19{digits[0]}X"


def _part_of_decade(part: str, digits: str) -> str:
    start = int(_decade(digits).replace("X", "0"))
    first, last = ((0, 3), (4, 6), (7, 9))[_PARTS[part]]
    return f"{start + first}~/{start + last}~"


def _season(year: str, *, dry: bool) -> str:
    y = _year(year)
    return f"{y}-12~/{y + 1}-04~" if dry else f"{y}-05~/{y}-11~"


_GRAMMAR: tuple[tuple[str, Rule], ...] = (
    (r"(?:năm |the year )?(\d{4})", lambda m: str(_year(m[1]))),
    (r"(?:năm )?(\d{2})", lambda m: str(_year(m[1]))),
    (rf"(?:ngày )?(\d\d?)[-/.](\d\d?)[-/.]{_YEAR}", lambda m: _day(m[1], m[2], m[3])),
    (
        rf"(?:ngày |mồng )?(\d\d?)[ -/]tháng (\d\d?)(?:[-/, ]| năm ){_YEAR}",
        lambda m: _day(m[1], m[2], m[3]),
    ),
    (rf"tháng (\d\d?)(?: năm |[-/. ]){_YEAR}", lambda m: _month(m[2], m[1])),
    (r"(\d\d?)[-/](\d{4})", lambda m: _month(m[2], m[1])),
    (
        rf"{_YEAR}(?:,| hoặc (?:năm )?| hay (?:năm )?| or ){_YEAR}",
        lambda m: _one_of_two(m[1], m[2]),
    ),
    (r"(?:năm )?(\d{4}) \(giấy tờ ghi (\d{4})\)", lambda m: _one_of_two(m[1], m[2])),
    (rf"(?:giai đoạn |những năm )?(\d{{4}})-{_YEAR}", lambda m: _span(m[1], m[2])),
    (
        rf"(?:từ|from) (?:năm )?{_YEAR}(?: ?đến ?| ?tới ?| ?to ?| ?until ?|-)(?:năm )?{_YEAR}",
        lambda m: _span(m[1], m[2]),
    ),
    (
        rf"(?:từ|since|from) (?:năm )?{_YEAR}(?: (?:đến|tới) nay| on| onwards)?",
        lambda m: f"{_year(m[1])}/..",
    ),
    (r"(?:trước|before) (?:năm )?(\d{4})", lambda m: f"../{_year(m[1]) - 1}"),
    (r"(?:sau|after) (?:năm )?(\d{4})", lambda m: f"{_year(m[1]) + 1}/.."),
    (r"sau (?:ngày )?giải phóng", lambda m: "1975-04-30/.."),
    (r"trước (?:ngày )?giải phóng", lambda m: "../1975-04-30"),
    (r"(?:thời|hồi)? ?bao cấp", lambda m: "1976~/1986~"),
    (r"năm học (\d{4})-(\d{4})", lambda m: f"{m[1]}-09~/{m[2]}-05~"),
    (
        rf"cuối (?:năm )?{_YEAR},? ?(?:-|sang |và )?đầu (?:năm )?{_YEAR}",
        lambda m: f"{_year(m[1])}-11~/{_year(m[2])}-02~",
    ),
    (rf"{_PART} (?:năm )?{_YEAR}", lambda m: _part_of_year(m[1], m[2])),
    (rf"{_PART_EN}(\d{{4}})", lambda m: _part_of_year(m[1], m[2])),
    (rf"{_PART} tháng (\d\d?)(?: năm |[-/. ]){_YEAR}", lambda m: _part_of_month(m[1], m[2], m[3])),
    (r"(?:thập niên|thập kỷ|những năm) (\d0|\d{3}0)", lambda m: _decade(m[1])),
    (
        rf"{_PART} (?:thập niên|thập kỷ|những năm) (\d0|\d{{3}}0)",
        lambda m: _part_of_decade(m[1], m[2]),
    ),
    (r"(\d{3}0)s", lambda m: _decade(m[1])),
    (rf"{_PART_EN}(\d{{3}}0)s", lambda m: _part_of_decade(m[1], m[2])),
    (rf"mùa khô (?:năm )?{_YEAR}", lambda m: _season(m[1], dry=True)),
    (rf"mùa mưa (?:năm )?{_YEAR}", lambda m: _season(m[1], dry=False)),
    (
        rf"quý (iv|iii|ii|i|[1-4])(?:[-/ ]| năm ){_YEAR}",
        lambda m: f"{_year(m[2])}-{_QUARTERS[m[1]]}",
    ),
    (rf"(?:6|sáu) tháng đầu năm {_YEAR}", lambda m: f"{_year(m[1])}-01/{_year(m[1])}-06"),
    (rf"(?:6|sáu) tháng cuối năm {_YEAR}", lambda m: f"{_year(m[1])}-07/{_year(m[1])}-12"),
    (rf"(\d\d?) {_MONTH_EN},? ?(\d{{4}})", lambda m: _day(m[1], _ENGLISH[m[2]], m[3])),
    (rf"{_MONTH_EN} (\d\d?),? ?(\d{{4}})", lambda m: _day(m[2], _ENGLISH[m[1]], m[3])),
    (rf"{_MONTH_EN},? ?(\d{{4}})", lambda m: _month(m[2], _ENGLISH[m[1]])),
)
_RULES = tuple((re.compile(pattern), rule) for pattern, rule in _GRAMMAR)

_TET = re.compile(
    rf"(?:(?:mồng|ngày) (\d\d?|[a-zăâêôơưđàáảãạ-ỹ]+) )?tết(?: năm)?(?: {_CYCLIC})?(?: ?(\d{{4}}))?"
)
_LUNAR_DAY = re.compile(
    r"(?:(rằm)|(?:mồng|ngày) (\d\d?|[a-zăâêôơưđàáảãạ-ỹ]+)) tháng (\d\d?|[a-zăâêôơưđàáảãạ-ỹ ]+?)"
    rf"(?: âm lịch)?(?: năm)?(?: {_CYCLIC})?(?: ?(\d{{4}}))?(?: âm lịch)?"
)
_LUNAR_MONTH = re.compile(rf"tháng (giêng|chạp)(?: năm)?(?: {_CYCLIC})?(?: ?(\d{{4}}))?")
_LUNAR_YEAR = re.compile(rf"(?:tuổi|năm) {_CYCLIC}(?: ?(\d{{4}}))?")


def _lunar(text: str, today: date) -> str | None:
    if found := _TET.fullmatch(text):
        year = _lunar_year(found[2], found[3], found[4], today.year)
        return _tet(found[1], year) if year else None
    if found := _LUNAR_DAY.fullmatch(text):
        year = _lunar_year(found[4], found[5], found[6], today.year)
        month = int(found[3]) if found[3].isdigit() else _LUNAR_MONTHS.get(found[3])
        is_lunar = found[1] or found[4] or "âm lịch" in text or found[3] in ("giêng", "chạp")
        day = 15 if found[1] else _day_number(found[2])
        if year and month and day and (is_lunar or not found[3].isdigit()):
            return _solar_days(day, month, year)
        return None
    if found := _LUNAR_MONTH.fullmatch(text):
        year = _lunar_year(found[2], found[3], found[4], today.year)
        if year:
            first, _last = lunar.month(_LUNAR_MONTHS[found[1]], year, lunar.zones(year)[0])
            return f"{first:%Y-%m}~"
        return None
    if found := _LUNAR_YEAR.fullmatch(text):
        # “tuổi” is a year of birth: witnesses are at least 30, so the cycle is unambiguous.
        latest = today.year - 30 if text.startswith("tuổi") else today.year
        year = _lunar_year(found[1], found[2], found[3], latest)
        return f"{lunar.tet(year)[0]}/{lunar.last_day(year)}" if year else None
    return None


def _lunar_year(stem: str | None, branch: str | None, year: str | None, latest: int) -> int | None:
    if year is not None:
        return _year(year)
    if stem is None or branch is None:
        return None
    return lunar.year_of(stem, branch, latest=latest)


def _tet(day: str | None, year: int) -> str | None:
    first, last = lunar.tet(year)
    if day is None:
        return f"{first}" if first == last else f"{first}/{date.fromordinal(last.toordinal() + 1)}"
    number = _day_number(day)
    if number is None or not 1 <= number <= 10:
        return None
    return _solar_days(number, 1, year)


def _day_number(text: str) -> int | None:
    if text.isdigit():
        return int(text) if 1 <= int(text) <= 30 else None
    return _DAYS.get(text)


def _solar_days(day: int, month: int, year: int) -> str:
    found = sorted({lunar.solar(day, month, year, zone) for zone in lunar.zones(year)})
    return f"{found[0]}" if len(found) == 1 else f"{found[0]}/{found[-1]}"
