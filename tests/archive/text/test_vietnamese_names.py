"""Vietnamese order: the same for a reader, for Python, for SQLite and for PostgreSQL."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from archive.db import Database
from archive.models import Person
from archive.text.vietnamese_names import NameParts, collation_key, person_key, split_name

# Each line is in the order in which a Vietnamese dictionary or list has it.
IN_ORDER = (
    "An Ánh Ân Dũng Dương Đức Út Yến",
    "a à ả ã á ạ ă ằ ẳ ẵ ắ ặ â ầ ẩ ẫ ấ ậ b c d đ e è ẻ ẽ é ẹ ê ề ể ễ ế ệ g h i ì ỉ ĩ í ị k l m n",
    "o ò ỏ õ ó ọ ô ồ ổ ỗ ố ộ ơ ờ ở ỡ ớ ợ p q r s t u ù ủ ũ ú ụ ư ừ ử ữ ứ ự v x y ỳ ỷ ỹ ý ỵ",
    "ba bà bả bã bá bạ ban bàn băn bắn bân bần",
    "ma Ma mà Mà mả",
    "hoa hoà hỏa hoá họa",  # two spellings, one order
    "Hoà Bình|Hòa Hưng|Hoà Lạc",
    "Quận 2|Quận 10|Quận 12",
    "Tổ 9|Tổ 10|Tổ 100",
    "Đa Kao|Đà Nẵng|Đắk Lắk|Đồng Nai",
    "Dạ|Đa",  # đ is a letter of its own, behind every d
    "An Giang|An Nhơn|Ân Thi",
)

PEOPLE = (
    # By given name, then family name, then what stands between.
    "Lê Văn An",
    "Nguyễn An",
    "Nguyễn Thị An",
    "Trần Ánh",
    "Phạm Thị Ân",
    "Huỳnh Tấn Dũng",
    "Lê Đức",
    "Huỳnh Thị Mận",
    "Lê Thị Mười",
    "Nguyễn Văn Mười",
    "Đỗ Út",
)


def words(line: str) -> list[str]:
    return line.split("|") if "|" in line else line.split()


def shuffled(values: tuple[str, ...] | list[str]) -> list[str]:
    mixed = list(values)
    random.Random(7).shuffle(mixed)
    return mixed


@pytest.mark.parametrize("line", IN_ORDER)
def test_collation_key_sorts_words_as_in_a_dictionary(line: str) -> None:
    expected = words(line)
    assert sorted(shuffled(expected), key=lambda w: (collation_key(w), w)) == expected


def test_person_key_sorts_by_given_name() -> None:
    found = sorted(shuffled(PEOPLE), key=lambda name: person_key(split_name(name)))
    assert tuple(found) == PEOPLE


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Nguyễn Thị Mười", NameParts("Nguyễn", "Thị", "Mười")),
        ("Trần Ánh", NameParts("Trần", "", "Ánh")),
        ("Út", NameParts("", "", "Út")),
        ("  Út  ", NameParts("", "", "Út")),
        ("", NameParts("", "", "")),
        ("Tôn Nữ Thị Ninh", NameParts("Tôn Nữ", "Thị", "Ninh")),
        ("Tôn Nữ", NameParts("Tôn", "", "Nữ")),
        ("Nguyễn  Thị   Minh Khai", NameParts("Nguyễn", "Thị Minh", "Khai")),
    ],
)
def test_split_name_returns_parts(name: str, parts: NameParts) -> None:
    assert split_name(name) == parts


_vietnamese = st.text(
    "aăâbcdđeêghiklmnoôơpqrstuưvxyàảãáạằắặầấậèéềếệìíòóồốộờớợùúừứựỳýỵ AĐÊƯ019\x01é世"
)


def test_collation_key_ignores_tone_placement() -> None:
    for old, new in (("hòa", "hoà"), ("Thủy", "Thuỷ"), ("khỏe", "khoẻ")):
        assert collation_key(f"{old} 1") == collation_key(f"{new} 1")


@given(_vietnamese)
def test_collation_key_ignores_unicode_form(word: str) -> None:
    assert collation_key(unicodedata.normalize("NFD", word)) == collation_key(
        unicodedata.normalize("NFC", word)
    )


@given(st.text())
def test_collation_key_of_any_text_exists(text: str) -> None:
    assert isinstance(collation_key(text), str)


@given(st.integers(0, 10**130), st.integers(0, 10**130))
def test_collation_key_sorts_numbers_by_value(one: int, other: int) -> None:
    small, large = sorted([one, other])
    assert collation_key(f"Tổ {small}") <= collation_key(f"Tổ {large}")
    assert (collation_key(str(one)) == collation_key(f"00{other}")) == (one == other)


def test_collation_key_of_very_long_number_exists() -> None:
    assert collation_key("9" * 4999) < collation_key("1" + "0" * 4999)


def test_sort_key_orders_people_in_the_database(database: Database) -> None:
    with database.writing() as db:
        for name in shuffled(PEOPLE):
            parts = split_name(name)
            db.add(Person(full_name=name, given_name=parts.given, sort_key=person_key(parts)))
    with database.reading() as db:
        listed = db.scalars(select(Person.full_name).order_by(Person.sort_key)).all()
    assert tuple(listed) == PEOPLE


def test_bytewise_columns_compare_by_code_point(database: Database) -> None:
    mixed = random.Random(3)
    syllables = words("ba bà bả bã bá bạ ban bàn bân bần băn đa da dà đà ôi ơi oi Út Ân y ý 2 10")
    names = {" ".join(mixed.choices(syllables, k=mixed.randint(1, 3))) for _ in range(300)}
    with database.writing() as db:
        for name in names:
            db.add(Person(full_name=name, given_name=name, sort_key=collation_key(name)))
    with database.reading() as db:
        listed = db.scalars(select(Person.sort_key).order_by(Person.sort_key)).all()
    assert listed == sorted(listed)
    assert len(listed) == len(names)
