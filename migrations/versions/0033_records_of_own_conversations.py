"""no record of a conversation opens to a party of it

A guardian of the child, or a teacher of the class, who works in the office too does not get what the others wrote.

Revision ID: 0033
Revises: 0032
Create Date: 2026-11-22

"""
from alembic import op


revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None

BEFORE = """
CREATE OR REPLACE FUNCTION gradebook_record_opened() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
  named bigint := nullif(current_setting('gradebook.record', true), '')::bigint;
  moment timestamptz := coalesce(nullif(current_setting('gradebook.moment', true), '')::timestamptz, now());
BEGIN
  IF named IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN (
    SELECT e.conversation_id
    FROM record_exports e
    JOIN schools s ON s.id = e.school_id
    JOIN roles r ON r.school_id = e.school_id AND r.user_id = gradebook_actor() AND r.kind = 'office'
    WHERE e.id = named AND gradebook_actor() IN (e.asked_by, e.approved_by)
      AND e.approved_at <= moment AND e.ends_at > moment
      AND r.begins_on <= (moment AT TIME ZONE s.timezone)::date
      AND (r.ends_on IS NULL OR r.ends_on > (moment AT TIME ZONE s.timezone)::date));
END
$$
"""

# As before, and by any date neither a guardian of the child nor a teacher of the class (0025).
OPENED = """
CREATE OR REPLACE FUNCTION gradebook_record_opened() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
  named bigint := nullif(current_setting('gradebook.record', true), '')::bigint;
  moment timestamptz := coalesce(nullif(current_setting('gradebook.moment', true), '')::timestamptz, now());
BEGIN
  IF named IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN (
    SELECT e.conversation_id
    FROM record_exports e
    JOIN approvals a ON a.id = e.approval_id
    JOIN schools s ON s.id = e.school_id
    JOIN roles r ON r.school_id = e.school_id AND r.user_id = gradebook_actor() AND r.kind = 'office'
    WHERE e.id = named AND gradebook_actor() IN (e.asked_by, e.approved_by)
      AND e.approved_at <= moment AND e.ends_at > moment
      AND NOT gradebook_is_party(a.person_id, a.section_id)
      AND r.begins_on <= (moment AT TIME ZONE s.timezone)::date
      AND (r.ends_on IS NULL OR r.ends_on > (moment AT TIME ZONE s.timezone)::date));
END
$$
"""


def upgrade():
    _define(OPENED)


def downgrade():
    _define(BEFORE)


def _define(function):
    if op.get_context().dialect.name == 'postgresql':
        schema = op.get_bind().exec_driver_sql('SELECT quote_ident(current_schema())').scalar()
        op.execute(function.replace('{schema}', schema))
