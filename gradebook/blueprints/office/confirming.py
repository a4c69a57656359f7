"""The step before a change of who may see and write: what it does, in sentences, and the answer of the person."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from babel.lists import format_list
from flask import render_template, request
from flask_babel import gettext, ngettext
from markupsafe import Markup, escape

from gradebook.blueprints.office.common import kept_fields
from gradebook.models import School, User
from gradebook.services import custody
from gradebook.services.custody import Effect, Preview
from gradebook.web.filters import day as day_words
from gradebook.web.language import language
from gradebook.web.requests import moment


class Answer(StrEnum):
    """What the person said to the sentences."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    NOT_SURE = "not_sure"
    OUT_OF_DATE = "out_of_date"


@dataclass(frozen=True)
class Question:
    """The sentences, their digest (so that what is saved is what was read), and the answer so far."""

    sentences: tuple[Markup, ...]
    asides: tuple[Markup, ...]
    digest: str
    answer: Answer
    must_be_sure: Markup | None
    takes_away: bool
    changes_access: bool = True
    """Whether anybody can do more or less afterwards, now or later."""

    @property
    def status(self) -> int:
        """How the page that asks is answered."""
        return {Answer.NOT_SURE: 422, Answer.OUT_OF_DATE: 409}.get(self.answer, 200)


def ask_about(act: Callable[[], Any], student: User, school: School, more: Iterable[Markup] = ()) -> Question:
    """What the act would do, tried out and undone. Raises what the act raises."""
    preview = custody.preview(act, student, school, moment())
    sentences = [*more, *(words for effect in preview.effects for words in _sentences(effect, student))]
    if not preview.effects:
        sentences.append(say(gettext("What each guardian can see and write stays as it is.")))
    digest = digest_of(sentences)
    sure = _nobody(preview, student)
    return Question(
        tuple(sentences),
        tuple(_asides(preview.effects)),
        digest,
        _answer(digest, sure is not None),
        sure,
        takes_away=any(_lost(effect) != (False, False) for effect in preview.effects),
        changes_access=bool(preview.effects),
    )


def digest_of(sentences: Sequence[str]) -> str:
    """What a form carries, so that what is saved is what was read."""
    return hashlib.sha256("\n".join(sentences).encode()).hexdigest()[:16]


def _answer(digest: str, must_be_sure: bool) -> Answer:
    given = request.form.get("confirm")
    if not given:
        return Answer.ASKED
    if given != digest:
        return Answer.OUT_OF_DATE
    if must_be_sure and request.form.get("sure") != "yes":
        return Answer.NOT_SURE
    return Answer.CONFIRMED


def wants_to_edit() -> bool:
    """Whether "Keep editing" was pressed."""
    return "edit" in request.form


def _nobody(preview: Preview, student: User) -> Markup | None:
    if preview.nobody_left is None:
        return None
    if preview.nobody_left == min((effect.day for effect in preview.effects), default=None) and any(
        effect.is_today for effect in preview.effects
    ):
        return say(gettext("Nobody outside school will be able to see %(student)s’s grades."), student=student.called)
    return say(
        gettext("From %(day)s nobody outside school will be able to see %(student)s’s grades."),
        day=day_words(preview.nobody_left),
        student=student.called,
    )


def _lost(effect: Effect) -> tuple[bool, bool]:
    return (
        effect.before.grades and not effect.after.grades,
        effect.before.messages and not effect.after.messages,
    )


def _gained(effect: Effect) -> tuple[bool, bool]:
    return (
        effect.after.grades and not effect.before.grades,
        effect.after.messages and not effect.before.messages,
    )


def _sentences(effect: Effect, student: User) -> list[Markup]:
    names = {"guardian": effect.guardian, "student": student.called, "day": day_words(effect.day)}
    kept = len((effect.before.conversations - effect.after.conversations) & effect.after.readable)
    losing = (_losing_but_reading if kept else _losing)(_lost(effect), effect.is_today)
    templates = [losing, _gaining(_gained(effect), effect.is_today)]
    found = [say(template, **names) for template in templates if template]
    if effect.waits_for_identity:
        found.append(say(gettext("%(guardian)s can write when the office has ticked “Identity seen”."), **names))
    if kept:
        words = ngettext(
            "%(guardian)s can still read %(num)s earlier conversation about %(student)s, and receives nothing new.",
            "%(guardian)s can still read %(num)s earlier conversations about %(student)s, and receives nothing new.",
            kept,
            **{name: f"%({name})s" for name in ("guardian", "student")},  # filled with marked-up names below
        )
        found.append(say(words, **names))
    closed = len(effect.before.readable - effect.after.readable)
    if closed:
        words = ngettext(
            "%(guardian)s has %(num)s open conversation about %(student)s and can no longer read it.",
            "%(guardian)s has %(num)s open conversations about %(student)s and can no longer read them.",
            closed,
            **{name: f"%({name})s" for name in ("guardian", "student")},  # filled with marked-up names below
        )
        found.append(say(words, **names))
    opened = len(effect.after.readable - effect.before.readable)
    if opened:
        words = ngettext(
            "%(guardian)s can read %(num)s earlier conversation about %(student)s again.",
            "%(guardian)s can read %(num)s earlier conversations about %(student)s again.",
            opened,
            **{name: f"%({name})s" for name in ("guardian", "student")},
        )
        found.append(say(words, **names))
    return found


def _losing(lost: tuple[bool, bool], is_today: bool) -> str:
    today = {
        (True, True): gettext("From today %(guardian)s can no longer see %(student)s’s grades or messages."),
        (True, False): gettext("From today %(guardian)s can no longer see %(student)s’s grades."),
        (False, True): gettext("From today %(guardian)s can no longer read or write messages about %(student)s."),
    }
    later = {
        (True, True): gettext("From %(day)s %(guardian)s can no longer see %(student)s’s grades or messages."),
        (True, False): gettext("From %(day)s %(guardian)s can no longer see %(student)s’s grades."),
        (False, True): gettext("From %(day)s %(guardian)s can no longer read or write messages about %(student)s."),
    }
    return (today if is_today else later).get(lost, "")


def _losing_but_reading(lost: tuple[bool, bool], is_today: bool) -> str:
    """The same, where earlier conversations can still be read."""
    today = {
        (True, True): gettext("From today %(guardian)s can no longer see %(student)s’s grades or write messages."),
        (True, False): gettext("From today %(guardian)s can no longer see %(student)s’s grades."),
        (False, True): gettext("From today %(guardian)s can no longer write messages about %(student)s."),
    }
    later = {
        (True, True): gettext("From %(day)s %(guardian)s can no longer see %(student)s’s grades or write messages."),
        (True, False): gettext("From %(day)s %(guardian)s can no longer see %(student)s’s grades."),
        (False, True): gettext("From %(day)s %(guardian)s can no longer write messages about %(student)s."),
    }
    return (today if is_today else later).get(lost, "")


def _gaining(gained: tuple[bool, bool], is_today: bool) -> str:
    today = {
        (True, True): gettext("From today %(guardian)s can see %(student)s’s grades and message the teachers."),
        (True, False): gettext("From today %(guardian)s can see %(student)s’s grades."),
        (False, True): gettext("From today %(guardian)s can message %(student)s’s teachers."),
    }
    later = {
        (True, True): gettext("From %(day)s %(guardian)s can see %(student)s’s grades and message the teachers."),
        (True, False): gettext("From %(day)s %(guardian)s can see %(student)s’s grades."),
        (False, True): gettext("From %(day)s %(guardian)s can message %(student)s’s teachers."),
    }
    return (today if is_today else later).get(gained, "")


def _asides(effects: tuple[Effect, ...]) -> list[Markup]:
    """What else there is to know, in smaller letters."""
    found = []
    for effect in effects:
        if effect.teachers:
            teachers = format_list([str(bdi(name)) for name in effect.teachers], locale=language().locale)
            words = gettext("The conversations stay with the teachers: %(teachers)s.")
            found.append(Markup(words) % {"teachers": Markup(teachers)})  # noqa: S704 - names were escaped
        if effect.devices and _lost(effect) != (False, False):
            words = ngettext(
                "It holds from the next page on, also on the %(num)s device where %(guardian)s is signed in.",
                "It holds from the next page on, also on the %(num)s devices where %(guardian)s is signed in.",
                effect.devices,
                guardian="%(guardian)s",
            )
            found.append(say(words, guardian=effect.guardian))
    return found


def say(template: str, **names: str) -> Markup:
    """A sentence of the catalogue with names as people gave them."""
    return Markup(template) % {name: bdi(value) for name, value in names.items()}  # noqa: S704 - names are escaped


def confirm_page(
    heading: str, student: User, question: Question, button: str, *, seen: str = "", back: str | None = None
) -> tuple[str, int]:
    """The page that asks. Without `back` the form it came from is shown again, with what was typed."""
    page = render_template(
        "office/confirm.html",
        heading=heading,
        student=student,
        question=question,
        act=button,
        kept=kept_fields(),
        seen=seen,
        back=back,
    )
    return page, question.status


def bdi(name: str) -> Markup:
    """A name in its own direction."""
    return Markup("<bdi>{}</bdi>").format(escape(name))
