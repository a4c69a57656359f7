"""coming of age: the day on which rights pass to the student, and the basis on which a guardian keeps them

Links of students who have come of age end on the day of this step: until now nobody could record a basis.

Revision ID: 0036
Revises: 0035
Create Date: 2026-11-22

"""
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

from alembic import op
import sqlalchemy as sa


revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None

BASES = ('consent', 'dependent', 'court')
ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
AGE = 18


def upgrade():
    with op.batch_alter_table('schools') as schools:
        schools.add_column(sa.Column('age_of_majority', sa.Integer(), nullable=True, server_default=str(AGE)))
        schools.create_check_constraint(op.f('ck_schools_age_of_majority_in_bounds'), 'age_of_majority BETWEEN 14 AND 25')
    with op.batch_alter_table('roles') as roles:
        roles.add_column(sa.Column('rights_pass_on', sa.Date(), nullable=True))
        roles.create_check_constraint(op.f('ck_roles_rights_pass_to_students'), "rights_pass_on IS NULL OR kind = 'student'")
    with op.batch_alter_table('guardianships') as links:
        links.add_column(sa.Column('rights_pass_on', sa.Date(), nullable=True))
        links.add_column(sa.Column('ends_on_otherwise', sa.Date(), nullable=True))
        links.add_column(sa.Column('basis', sa.String(length=20), nullable=True))
        links.add_column(sa.Column('basis_reference', sa.String(length=200), nullable=True))
        links.add_column(sa.Column('basis_ends_on', sa.Date(), nullable=True))
        links.add_column(sa.Column('basis_entered_by', ID, nullable=True))
        links.add_column(sa.Column('basis_entered_at', sa.DateTime(timezone=True), nullable=True))
        links.create_foreign_key(op.f('fk_guardianships_basis_entered_by'), 'users', ['basis_entered_by'], ['id'])
        links.create_check_constraint(op.f('ck_guardianships_basis'), sa.column('basis').in_(BASES))
        links.create_check_constraint(
            op.f('ck_guardianships_ends_when_rights_pass'),
            'rights_pass_on IS NULL OR (ends_on IS NOT NULL AND ends_on = rights_pass_on)')
        links.create_check_constraint(
            op.f('ck_guardianships_would_end_later'),
            'ends_on_otherwise IS NULL OR (rights_pass_on IS NOT NULL AND ends_on_otherwise > rights_pass_on)')
        links.create_check_constraint(
            op.f('ck_guardianships_basis_is_whole'),
            '(basis IS NULL) = (basis_reference IS NULL) AND (basis IS NULL) = (basis_entered_by IS NULL)'
            ' AND (basis IS NULL) = (basis_entered_at IS NULL) AND (basis_ends_on IS NULL OR basis IS NOT NULL)')
        links.create_index('ix_guardianships_school_id_rights_pass_on', ['school_id', 'rights_pass_on'])
    with op.batch_alter_table('schools') as schools:
        schools.alter_column('age_of_majority', server_default=None)
    end_links(op.get_bind(), datetime.now(timezone.utc))


def downgrade():
    op.execute('UPDATE guardianships SET ends_on = ends_on_otherwise, ends_on_otherwise = NULL, rights_pass_on = NULL '
               'WHERE rights_pass_on IS NOT NULL')
    with op.batch_alter_table('guardianships') as links:
        links.drop_index('ix_guardianships_school_id_rights_pass_on')
        for name in ('basis_is_whole', 'would_end_later', 'ends_when_rights_pass', 'basis'):
            links.drop_constraint(op.f(f'ck_guardianships_{name}'), type_='check')
        links.drop_constraint(op.f('fk_guardianships_basis_entered_by'), type_='foreignkey')
        for name in ('basis_entered_at', 'basis_entered_by', 'basis_ends_on', 'basis_reference', 'basis',
                     'ends_on_otherwise', 'rights_pass_on'):
            links.drop_column(name)
    with op.batch_alter_table('roles') as roles:
        roles.drop_constraint(op.f('ck_roles_rights_pass_to_students'), type_='check')
        roles.drop_column('rights_pass_on')
    with op.batch_alter_table('schools') as schools:
        schools.drop_constraint(op.f('ck_schools_age_of_majority_in_bounds'), type_='check')
        schools.drop_column('age_of_majority')


def end_links(connection, now):
    """As policy/coming_of_age.py has it, at this step: no basis is recorded yet, and nothing ends before today."""
    dates = {'begins_on': sa.Date, 'ends_on': sa.Date, 'birth_date': sa.Date}
    rows = connection.execute(sa.text(
        'SELECT g.id, g.begins_on, g.ends_on, u.birth_date, s.timezone FROM guardianships g '
        'JOIN users u ON u.id = g.student_id JOIN schools s ON s.id = g.school_id WHERE u.birth_date IS NOT NULL'
    ).columns(**dates)).all()
    ended = []
    for row in rows:
        today = now.astimezone(ZoneInfo(row.timezone)).date()
        end = max(birthday(row.birth_date), row.begins_on)
        if row.ends_on is not None and row.ends_on <= today:
            continue
        if end <= today and row.begins_on <= today:
            end = today
        if row.ends_on is None or row.ends_on > end:
            ended.append({'key': row.id, 'day': end, 'otherwise': row.ends_on})
    if ended:
        connection.execute(
            sa.text('UPDATE guardianships SET ends_on = :day, rights_pass_on = :day, ends_on_otherwise = :otherwise '
                    'WHERE id = :key').bindparams(sa.bindparam('day', type_=sa.Date), sa.bindparam('otherwise', type_=sa.Date)),
            ended,
        )


def birthday(birth_date):
    try:
        return birth_date.replace(year=birth_date.year + AGE)
    except ValueError:
        return date(birth_date.year + AGE, 3, 1)
