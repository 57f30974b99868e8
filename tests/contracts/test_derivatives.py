"""The rules of `media/derivatives/base.py`, for every recipe in the registry."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from media.derivatives.base import Recipe
from media.derivatives.registry import RECIPES, recipes_for
from media.errors import DerivativeRefused
from media.kinds import FILE_KINDS, sniff
from tests.support import media_files

SILENT = {"WebM"}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = media_files.every_kind(tmp_path_factory.mktemp("sources"))
    for path in made.values():
        path.chmod(0o444)
    return made


def sources_of(recipe: Recipe, sources: dict[str, Path]) -> list[Path]:
    return [
        path
        for name, path in sources.items()
        if recipe.accepts(FILE_KINDS[name]) and not (name in SILENT and recipe.name == "peaks")
    ]


def ignore_progress(fraction: float) -> None:
    assert 0.0 <= fraction <= 1.0


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
class TestRecipe:
    def test_recipe_has_name_version_and_kinds(
        self, recipe: Recipe, sources: dict[str, Path]
    ) -> None:
        assert RECIPES[recipe.name] is recipe
        assert recipe.version >= 1
        assert sources_of(recipe, sources)

    def test_make_writes_one_file_and_keeps_the_source(
        self, recipe: Recipe, sources: dict[str, Path], tmp_path: Path
    ) -> None:
        for source in sources_of(recipe, sources):
            before = (source.read_bytes(), os.lstat(source).st_mtime_ns, os.lstat(source).st_mode)
            target = tmp_path / source.name
            target.mkdir()
            made = recipe.make(source, target, ignore_progress)
            assert list(target.iterdir()) == [made.path]
            assert made.path.stem == recipe.name
            assert made.path.stat().st_size > 0
            assert "/" in made.media_type
            json.dumps(made.detail, allow_nan=False)
            after = (source.read_bytes(), os.lstat(source).st_mtime_ns, os.lstat(source).st_mode)
            assert before == after

    def test_make_twice_gives_the_same_bytes(
        self, recipe: Recipe, sources: dict[str, Path], tmp_path: Path
    ) -> None:
        for source in sources_of(recipe, sources):
            first = recipe.make(source, tmp_path / "1", ignore_progress)
            second = recipe.make(source, tmp_path / "2", ignore_progress)
            assert first.path.read_bytes() == second.path.read_bytes(), source.name
            assert first.detail == second.detail

    def test_make_reports_ascending_progress_up_to_one(
        self, recipe: Recipe, sources: dict[str, Path], tmp_path: Path
    ) -> None:
        for source in sources_of(recipe, sources):
            progress_values: list[float] = []
            recipe.make(source, tmp_path, progress_values.append)
            assert progress_values == sorted(progress_values), source.name
            assert progress_values[-1] == 1.0

    def test_make_of_damaged_source_is_refused_and_leaves_no_file(
        self, recipe: Recipe, sources: dict[str, Path], tmp_path: Path
    ) -> None:
        junk = random.Random(1).randbytes(3000)
        for source in sources_of(recipe, sources):
            broken = tmp_path / "broken"
            broken.write_bytes(source.read_bytes()[:64] + junk)
            out = tmp_path / f"out-{source.name}"
            try:
                recipe.make(broken, out, ignore_progress)
            except DerivativeRefused:
                assert not list(out.glob("*")), source.name
            else:  # a sound format without a structure plays anything
                assert len(list(out.iterdir())) == 1

    def test_make_of_missing_source_is_refused(self, recipe: Recipe, tmp_path: Path) -> None:
        (tmp_path / "empty").write_bytes(b"")
        for source in (tmp_path / "none", tmp_path, tmp_path / "empty"):
            with pytest.raises((DerivativeRefused, OSError)):
                recipe.make(source, tmp_path / "out", ignore_progress)
        assert not (tmp_path / "out").exists()


def test_recipes_for_every_kind_include_copy_or_thumbnail(
    sources: dict[str, Path],
) -> None:
    for path in sources.values():
        names = [recipe.name for recipe in recipes_for(sniff(path))]
        group = sniff(path).group
        assert ("access_copy" in names) == (group in ("sound", "video"))
        assert ("poster" in names) == (group == "video")
        assert ("thumbnail" in names) == (group == "picture")
        assert bool(names) == (group != "document")
