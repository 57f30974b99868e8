"""Check the style of a sentence and its Vietnamese; used by `translations_check`.

Only what characters can show: tone marks in the old spelling (hòa, thủy, khóa), composed
characters, words that the pages do not use, the same stop at the end.
"""

from __future__ import annotations

import re
import unicodedata

# An open syllable with its tone on the second vowel: hoà, khoẻ, thuỷ. After q the u is
# no vowel (quý), and with a letter behind it there is no other place for the mark (hoàn).
_NEW_STYLE = re.compile(r"(?<!q)(?:o[àáảãạèéẻẽẹ]|u[ỳýỷỹỵ])(?![^\W\d_])", re.IGNORECASE)
_FORBIDDEN = re.compile(r"\bBạn\b|\b(?:của|giúp|cho|cảm ơn) bạn\b|\bAI\b")
# Words that the pages do not use → the word for it. A row of several words with one reason:
# colloquial, poetic or wooden, or a second word for a thing that has one.
_REPLACED_VI = {
    r"nhân vật(?! và lời kể (?:đều )?hư cấu)": "nhân chứng, người tham gia",
    r"gỡ đi": "xóa",
    r"lấy lại|đưa trở lại": "khôi phục",
    r"bỏ (?:mục|đoạn|tệp|câu|phiên bản|bản ghi)": "xóa, hủy",
    r"bản đang dùng|bản hiện nay": "bản hiện hành",
    r"lời cũ": "bản trước",
    r"trục trặc": "lỗi",
    r"lần giở": "xem",
    r"việc máy": "tiến trình xử lý",
    r"chờ bổ sung": "chờ tệp mô hình",
    r"cho máy hiểu": "theo chuẩn EDTF",
    r"(?:phỏng vấn|địa danh), ghi như lời kể": "ghi như trong giấy tờ, nơi phỏng vấn",
    r"tiếng trung": "tiếng Hoa",
    r"sẵn sàng tới đâu": "tình trạng máy",
    r"chỗ chứa": "dung lượng",
    r"giữ chìa khóa": "quản trị hệ thống",
    r"lên kệ": "nạp",
    r"đang cất": "đang lưu",
    r"nhích|nghe mãi": "dừng quá lâu",
    r"làm bản sao": "tạo bản nghe",
    r"vai trò này không được": "tài khoản này không có quyền",
    r"cách gửi ấy": "yêu cầu không hợp lệ",
    r"máy làm giúp": "hệ thống, theo yêu cầu của",
    r"chưa thấy|không có ai tên": "không tìm thấy",
    r"những chỗ gặp": "vị trí các đoạn tìm thấy",
    r"chưa nhận lời|chưa vào kho": "chưa lưu được",
    r"trình duyệt tưởng": "máy này đã gửi",
    r"trả lại những byte": "dữ liệu đọc lại",
    r"bung ra": "sau giải nén",
    r"(?:đủ|đúng) từng byte": "mã toàn vẹn khớp",
    r"nghe được rồi": "đã có bản nghe",
    r"dài đến thế": "quá dài",
    r"tiếng khác, ghi mã": "ngôn ngữ khác (mã ISO 639)",
    r"gộp lên": "gộp với đoạn trên",
    r"^đơn vị$": "cấu hình kho",
    r"^lưu mô tả$|đưa vào kho|đã nhập kho": "lưu",
    r"(?<!cỡ )\bchữ\b(?! (?:số|cái|không dấu|đầu)\b)": "từ",
}
# Right only where the English has the word: trình duyệt is a browser, never an approval.
_MEANS = {r"trình duyệt": r"browser", r"bỏ qua": r"skip|ignore"}
_REPLACED_EN = {
    r"work in progress": "Processing",
    r"pieces? of work": "job",
    r"went wrong": "Failed",
    r"is stopping|waits? for what is missing": "Needs …",
    r"\btake (?:it |this |them )?out\b|\btake off": "Remove, Dismiss",
    r"\bgive (?:it|[\w ]{0,20}file) up": "Cancel",
    r"\bbring (?:it|this|them) in\b": "Import",
    r"\bhand (?:it )?in\b": "Submit",
    r"^describe(?: the interview)?$": "Edit description",
    r"for the machine": "Machine-readable",
    r"day of the interview|place, as told|years told about": "as recorded, of the interview",
    r"\bwhoever\b": "anyone, people who",
    r"findable": "Indexing",
    r"tidying": "Clean-up",
    r"how far is": "State of",
    r"has died": "stopped unexpectedly",
    r"nonsense": "Do not use it",
    r"put (?:it|them) back": "Restore",
    r"kept where": "Unsaved changes",
    r"^look$": "View",
    r"heard, next": "Mark as checked, next",
    r"leaf through": "Browse",
    r"room on the disk": "Free disk space",
    r"was faster": "changed this first",
}
# One word for one act: the English verb that a sentence begins with → its Vietnamese.
_ACTS = {
    "Save": "lưu",
    "Restore": "khôi phục",
    "Remove": "xóa",
    "Cancel": "hủy",
    "Submit": "trình phê duyệt",
    "Import": "nhập",
    "Approve": "phê duyệt",
}
_CLOSING = "”\"')»* \n"
_STOPS = ".?:…"


def style_problems(english: str, vietnamese: str) -> list[str]:
    """Return the style problems of a translation, one phrase each."""
    problems = []
    if vietnamese != unicodedata.normalize("NFC", vietnamese):
        problems.append("letters and marks are not composed (NFC)")
    composed = unicodedata.normalize("NFC", vietnamese)
    if word := _NEW_STYLE.search(composed):
        problems.append(f"the tone mark of “…{word[0]}” stands on the second vowel")
    if "!" in composed:
        problems.append("it cries out (!)")
    if word := _FORBIDDEN.search(composed):
        problems.append(f"it says “{word[0]}”")
    problems += _replaced(_REPLACED_VI, composed)
    problems += [
        f"it says “{word[0]}” where the English does not say “{meaning}”"
        for pattern, meaning in _MEANS.items()
        if (word := re.search(pattern, composed, re.IGNORECASE))
        and not re.search(meaning, english, re.IGNORECASE)
    ]
    act = re.match(r"\w*", english)
    term = _ACTS.get(act[0]) if act else None
    if term and term not in composed.lower():
        problems.append(f"it does not say “{term}”, the word for this act")
    if _stop(english) != _stop(composed):
        problems.append(
            f"it ends in “{_stop(composed)}” where the English ends in “{_stop(english)}”"
        )
    return problems


def english_problems(english: str) -> list[str]:
    """Return the words of an English sentence that the pages do not use, one phrase each."""
    return _replaced(_REPLACED_EN, english)


def _replaced(table: dict[str, str], text: str) -> list[str]:
    return [
        f"it says “{word[0]}”, not “{better}”"
        for pattern, better in table.items()
        if (word := re.search(pattern, text, re.IGNORECASE))
    ]


def _stop(sentence: str) -> str:
    stripped = sentence.rstrip(_CLOSING)
    return stripped[-1] if stripped and stripped[-1] in _STOPS else ""
