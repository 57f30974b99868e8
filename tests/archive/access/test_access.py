"""Access policy: the tables of roles and audiences, and what `may()` refuses."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import access
from archive.access import (
    ACTIONS,
    ARCHIVE,
    PUBLIC,
    Action,
    Actor,
    Decision,
    NotAllowed,
    NotVisible,
    Rights,
    Scope,
    may,
)
from archive.models import Interview, Job, MediaFile, Recording, TranscriptVersion, User
from archive.models.vocabulary import AUDIENCES, USER_ROLES, VERSION_STATES, UserRole
from tests.support.rights import TODAY, rights_of_role

# Actions by role, on a public interview with an approved version.
# x: allowed. Actions not listed are forbidden.
POLICY = """
                 administrator archivist historian editor reviewer researcher public
know                   x           x         x       x       x         x        x
read                   x           x         x       x       x         x        x
hear                   x           x         x       x       x         x        x
download               x           x         x       x       x         x        x
quote                  x           x         x       x       x         x        x
see_history            x           x         x       x       x         .        .
create                 x           x         x       .       .         .        .
describe               x           x         x       .       .         .        .
open                   .           x         .       .       .         .        .
upload                 x           x         x       .       .         .        .
see_files              x           x         x       x       x         .        .
fetch_original         x           x         .       .       .         .        .
transcribe             x           x         x       x       .         .        .
import_text            x           x         x       x       .         .        .
correct                x           x         .       x       x         .        .
approve                x           x         .       .       x         .        .
see_jobs               x           x         x       x       x         .        .
check_fixity           x           x         .       .       .         .        .
manage_people          x           x         x       .       .         .        .
manage_accounts        x           .         .       .       .         .        .
manage_office          x           .         .       .       .         .        .
"""
OF_TEXTS = ("read", "download", "quote")

# Audiences whose interviews a role may know of.
VISIBLE = """
             administrator archivist historian editor reviewer researcher public
public             x           x         x       x       x         x        x
registered         x           x         x       x       x         x        .
staff              x           x         x       x       x         .        .
secret             .           .         .       .       .         .        .
"""


def table(text: str) -> dict[tuple[str, str], bool]:
    head, *rows = (line.split() for line in text.strip().splitlines())
    return {
        (name, "" if role == "public" else role): mark == "x"
        for name, *marks in rows
        for role, mark in zip(head, marks, strict=True)
    }


def interview(audience: str = "public") -> Interview:
    return Interview(id="i", accession=f"LK-{audience}", title="Chuyện", audience=audience)


def version(state: str) -> TranscriptVersion:
    return TranscriptVersion(interview_id="i", number=1, language="vi", state=state)


def file(role: str = "original", recording_id: str | None = None) -> MediaFile:
    return MediaFile(interview_id="i", role=role, recording_id=recording_id)


REFUSED_BY_ROLE = ("sign_in", "other_role", "archivist_is_active")


def test_may_follows_the_policy_table() -> None:
    allowed = table(POLICY)
    assert {action for action, _role in allowed} == set(ACTIONS)
    assert {role for _action, role in allowed} == {*USER_ROLES, ""}
    whole, text = Scope(interview()), Scope(interview(), version("approved"))
    for (action, role), expected in allowed.items():
        scope = text if action in OF_TEXTS else whole
        decision = may(rights_of_role(role), action, scope)  # type: ignore[arg-type]
        assert decision.allowed is expected, (action, role)
        assert decision.allowed or decision.reason in REFUSED_BY_ROLE


def test_may_know_follows_the_audience_table() -> None:
    for (audience, role), expected in table(VISIBLE).items():
        decision = may(rights_of_role(role), "know", Scope(interview(audience)))
        assert (decision.allowed, decision.reason) == (
            (True, "") if expected else (False, "not_visible")
        ), (audience, role)


@given(
    st.sampled_from(ACTIONS),
    st.sampled_from(["", *USER_ROLES]),
    st.sampled_from([*AUDIENCES, "secret", ""]),
    st.sampled_from([*VERSION_STATES, "odd"]),
)
def test_actions_on_invisible_interviews_raise_not_visible(
    action: Action, role: str, audience: str, state: str
) -> None:
    owner, rights = interview(audience), rights_of_role(role)
    for part in (None, version(state), file()):
        scope = Scope(owner, part)
        decision = may(rights, action, scope)
        if audience not in rights.actor.audiences:
            assert decision.reason == "not_visible"
            with pytest.raises(NotVisible):
                access.require(rights, action, scope)
        elif not decision:
            with pytest.raises(NotAllowed) as refused:
                access.require(rights, action, scope)
            assert refused.value.facts == {"reason": decision.reason, "action": action}
            assert str(refused.value) == f"not_allowed: {refused.value.facts}"  # for the log


@given(st.text().filter(lambda word: word not in ACTIONS), st.sampled_from(["", *USER_ROLES]))
def test_may_with_unknown_action_is_refused(action: str, role: str) -> None:
    for scope in (ARCHIVE, Scope(interview())):
        assert not may(rights_of_role(role), action, scope)  # type: ignore[arg-type]


@given(st.text(min_size=1).filter(lambda word: word not in USER_ROLES), st.sampled_from(AUDIENCES))
def test_may_with_unknown_role_equals_public(role: str, audience: str) -> None:
    actor = Actor(user_id="u", name="X", role=cast(UserRole, role))
    unknown_role = Rights(actor=actor, on=TODAY)
    owner = interview(audience)
    scopes = [ARCHIVE, *(Scope(owner, p) for p in (None, version("approved"), version("machine")))]
    for action in ACTIONS:
        for scope in scopes:
            decisions = [
                may(rights, action, scope) for rights in (unknown_role, rights_of_role(""))
            ]
            assert decisions[0] == decisions[1]


def test_scope_of_a_part_needs_its_own_interview() -> None:
    other = Interview(id="j", accession="LK-2", title="Khác", audience="public")
    for part in (version("approved"), file()):
        for owner in (None, other):
            with pytest.raises(ValueError, match="interview"):
                Scope(owner, part)
    with pytest.raises(ValueError, match="another interview"):
        Scope(other, Job(interview_id="i", kind="derive"))


def test_scope_names_the_owners_of_a_part() -> None:
    owner = interview()
    assert Scope(owner).owner_ids == {"i"}
    owner.collection_id = "c"
    owner.recordings = [Recording(id="r", part=1)]
    assert Scope(owner, file("access", "r")).owner_ids == {"r", "i", "c"}
    assert Scope(owner, recording_id="r", span_ms=(0, 900)).owner_ids == {"r", "i", "c"}
    assert ARCHIVE.owner_ids == set()


@pytest.mark.parametrize("action", ["know", "hear", "download"])
def test_may_have_files_of_attachments_and_originals_by_role(action: Action) -> None:
    thumbnail, access_copy = file("thumbnail"), file("access", recording_id="r")
    recorded = interview()
    recorded.recordings = [Recording(id="r", part=1)]
    for role in ("", *USER_ROLES):
        rights = rights_of_role(role)
        for part, same_as in ((thumbnail, "see_files"), (file(), "fetch_original")):
            scope = Scope(interview(), part)
            assert may(rights, action, scope) == may(rights, same_as, scope)  # type: ignore[arg-type]
        assert may(rights, action, Scope(recorded, access_copy))


def test_may_read_without_text_is_refused() -> None:
    administrator, nothing_named = rights_of_role("administrator"), Decision(False, "nothing_named")
    for action in access.READER_ACTIONS:
        assert may(administrator, action) == nothing_named
    for part in (None, Job(kind="transcribe", interview_id="i")):
        for action in ("read", "download"):
            assert may(administrator, action, Scope(interview(), part)) == nothing_named


def test_may_correct_approved_version_is_refused() -> None:
    approved = Scope(interview(), version("approved"))
    for role in USER_ROLES:
        assert not may(rights_of_role(role), "correct", approved)
    editor = rights_of_role("editor")
    assert may(editor, "correct", approved).reason == "frozen"
    assert may(editor, "correct", Scope(interview(), version("editing")))


def test_actor_of_inactive_user_is_public() -> None:
    user = User(id="u", email="a@b.test", name="A", role="administrator", is_active=False)
    assert access.actor_of_user(user) == PUBLIC
