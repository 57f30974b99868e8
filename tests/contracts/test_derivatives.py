"""Every recipe of the registry, tested unasked: what `media/derivatives/base.py` promises."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from media.derivatives.base import Recipe
from media.derivatives.registry import RECIPES, wanted
from media.kinds import KINDS, sniff
from media.refusals import DerivativeRefused
from tests.fixtures.media import make

SILENT = {"WebM"}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = make.every_kind(tmp_path_factory.mktemp("sources"))
    for path in made.values():
        path.chmod(0o444)
    return made


def for_recipe(recipe: Recipe, sources: dict[str, Path]) -> list[Path]:
    return [
        path
        for name, path in sources.items()
        if recipe.wants(KINDS[name]) and not (name in SILENT and recipe.name == "peaks")
    ]


def quiet(fraction: float) -> None:
    assert 0.0 <= fraction <= 1.0


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
class TestRecipe:
    def test_it_has_a_name_a_version_and_something_to_do(
        self, recipe: Recipe, sources: dict[str, Path]
    ) -> None:
        assert RECIPES[recipe.name] is recipe
        assert recipe.version >= 1
        assert for_recipe(recipe, sources)

    def test_it_makes_one_file_of_its_name_and_leaves_the_source_alone(
        self, recipe: Recipe, sources: dict[str, Path], tmp_path: Path
    ) -> None:
        for source in for_recipe(recipe, sources):
            before = (source.read_bytes(), os.lstat(source).st_mtime_ns, os.lstat(source).st_mode)
            target = tmp_path / source.name
            target.mkdir()
            made = recipe.make(source, target, quiet)
            assert list(target.iterdir()) == [made.path]
            assert made.path.stem == recipe.name
            assert made.path.stat().st_size > 0
            assert "/" in made.media_type
            json.dumps(made.detail, allow_nan=False)
            after = (source.read_bytes(), os.lstat(source).st_mtime_ns, os.lstat(source).st_mode)
            assert before == after

    def test_the_same_source_gives_the_same_bytes(
        self, recipe: Recipe, sources: dict[str, Path], tmp_path: Path
    ) -> None:
        for source in for_recipe(recipe, sources):
            first = recipe.make(source, tmp_path / "1", quiet)
            second = recipe.make(source, tmp_path / "2", quiet)
            assert first.path.read_bytes() == second.path.read_bytes(), source.name
            assert first.detail == second.detail

    def test_progress_climbs_and_ends_at_one(
        self, recipe: Recipe, sources: dict[str, Path], tmp_path: Path
    ) -> None:
        for source in for_recipe(recipe, sources):
            told: list[float] = []
            recipe.make(source, tmp_path, told.append)
            assert told == sorted(told), source.name
            assert told[-1] == 1.0

    def test_junk_behind_a_good_beginning_is_refused_and_leaves_nothing(
        self, recipe: Recipe, sources: dict[str, Path], tmp_path: Path
    ) -> None:
        junk = random.Random(1).randbytes(3000)
        for source in for_recipe(recipe, sources):
            broken = tmp_path / "broken"
            broken.write_bytes(source.read_bytes()[:64] + junk)
            out = tmp_path / f"out-{source.name}"
            try:
                recipe.make(broken, out, quiet)
            except DerivativeRefused:
                assert not list(out.glob("*")), source.name
            else:  # a sound format without a structure plays anything
                assert len(list(out.iterdir())) == 1

    def test_a_source_that_is_no_file_is_refused(self, recipe: Recipe, tmp_path: Path) -> None:
        (tmp_path / "empty").write_bytes(b"")
        for source in (tmp_path / "none", tmp_path, tmp_path / "empty"):
            with pytest.raises((DerivativeRefused, OSError)):
                recipe.make(source, tmp_path / "out", quiet)
        assert not (tmp_path / "out").exists()


def test_every_playable_kind_gets_a_copy_and_every_picture_a_thumbnail(
    sources: dict[str, Path],
) -> None:
    for path in sources.values():
        names = [recipe.name for recipe in wanted(sniff(path))]
        group = sniff(path).group
        assert ("access_copy" in names) == (group in ("sound", "video"))
        assert ("poster" in names) == (group == "video")
        assert ("thumbnail" in names) == (group == "picture")
        assert bool(names) == (group != "document")
