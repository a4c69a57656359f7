"""The rows of a list of conversations, joined in a function: a template's loop took a seventh of a page."""

from collections.abc import Iterable, Mapping

from flask import get_template_attribute
from flask_babel import ngettext
from markupsafe import Markup, escape

from gradebook.policy.person import Person
from gradebook.services.messaging import ConversationLine
from gradebook.web.addresses import addresses
from gradebook.web.filters import briefly, initials, listed, tint
from gradebook.web.language import gettext as _
from gradebook.web.office_words import place_words
from gradebook.web.system_lines import system_words

Teachers = Mapping[int, list[str]]


def rows(
    lines: Iterable[ConversationLine],
    person: Person,
    timezones: Mapping[int, str],
    teachers: Teachers | None = None,
    *,
    here: str | None = None,
    child_named: bool = True,
    words: bool = True,
) -> Markup:
    """The child, the class and the other side, when, whether something is new, and the first words.

    `teachers`: by conversation, for guardians, to whom they are the other side; `here`: the public id of the
    conversation that is open beside the list. Texts of the catalogue stand as they are, all else is escaped.
    """
    address = addresses("messages.conversation", "conversation_id")
    out = ['  <ul class="threads" role="list">\n']
    for line in lines:
        is_here = line.public_id == here
        when = briefly(line.newest_at, timezones[line.school_id])
        sign = f'{tint(line.student_id)}" aria-hidden="true">{escape(initials(line.student_name))}'
        out.append(
            f"      <li{_HERE if is_here else ''}>\n"
            f'        <span class="avatar avatar--lg" data-tint="{sign}</span>\n'
            f'        <a href="{address(line.public_id)}"{_CURRENT if is_here else ""}>'
            f"{_title(line, child_named, with_place=teachers is not None)}</a>\n"
            f'        <span class="xs muted threads__when">{when}</span>\n'
            f'        <p class="rows__sub">{_other_side(line, person, teachers)}</p>\n{_tags(line)}'
        )
        if words:
            first = system_words(line.first_words) if line.is_system else line.first_words
            out.append(f'<p class="threads__words">{_name(first)}</p>')
        out.append("      </li>\n")
    out.append("  </ul>\n")
    return Markup("".join(out))  # noqa: S704 - joined of escaped texts


_HERE, _CURRENT = ' class="is-here"', ' aria-current="page"'


def _name(words: str) -> str:
    return f"<bdi>{escape(words)}</bdi>"


def _title(line: ConversationLine, child_named: bool, *, with_place: bool) -> str:
    child, place = _name(line.student_name), _name(place_words(line.class_title))
    if not child_named:
        return f'{place}<span class="vh">, {child}</span>'
    return f"{child} · {place}" if with_place else child


def _other_side(line: ConversationLine, person: Person, teachers: Teachers | None) -> str:
    if not line.goes_on:
        return _("Ended: you can only read it")
    if teachers is not None:
        if line.is_with_office:
            return _("Between you and the office")
        return listed(teachers.get(line.id, [])) or _("No teacher at the moment")
    place = _name(place_words(line.class_title))
    if line.guardian_id == person.id:
        return place
    if line.is_with_office:
        return _("with %(people)s", people=_guardian(line))
    if not line.relationship:
        return place
    guardians = listed([line.guardian_name, line.other_guardian]) if line.other_guardian else _guardian(line)
    return _("%(class)s, with %(person)s", **{"class": place, "person": guardians})


def _guardian(line: ConversationLine) -> str:
    person = _name(line.guardian_name)
    if not line.relationship:
        return person
    return _("%(person)s (%(relationship)s)", person=person, relationship=escape(line.relationship))


def _tags(line: ConversationLine) -> str:
    tag = get_template_attribute("components/words.html", "tag")
    out = ""
    if line.other_guardian:
        out += str(tag("quiet", _("Two guardians")))
    if line.is_muted:
        out += str(tag("quiet", _("Muted")))
    if line.unread:
        unread = Markup(ngettext("%(num)s unread", "%(num)s unread", line.unread))  # noqa: S704 - of the catalogue
        out += str(tag("new", unread))
    return out
