"""private notes of scores, comment banks

Revision ID: 0012
Revises: 0011
Create Date: 2026-11-21

The history of the scores has every private note: on the way up again they are found there.
"""
import json

from alembic import op
import sqlalchemy as sa


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade():
    op.add_column('scores', sa.Column('private_note', sa.Text(), nullable=True))
    op.create_table('bank_comments',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('teacher_id', ID, nullable=False),
    sa.Column('words', sa.String(length=500), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_bank_comments_school_id')),
    sa.ForeignKeyConstraint(['teacher_id'], ['users.id'], name=op.f('fk_bank_comments_teacher_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_comments')),
    sa.UniqueConstraint('public_id', name=op.f('uq_bank_comments_public_id')),
    sa.UniqueConstraint('school_id', 'teacher_id', 'words', name=op.f('uq_bank_comments_school_id_teacher_id_words'))
    )
    op.create_index('ix_bank_comments_teacher_id', 'bank_comments', ['teacher_id'])
    _notes_of_the_history()


def _notes_of_the_history():
    connection = op.get_bind()
    changes = connection.execute(sa.text(
        "SELECT school_id, assignment_id, student_id, CAST(after AS TEXT) FROM score_changes"
        " WHERE CAST(before AS TEXT) LIKE '%\"private_note\"%' OR CAST(after AS TEXT) LIKE '%\"private_note\"%'"
        " ORDER BY section_id, seq"
    ))
    last = {tuple(change[:3]): json.loads(change[3] or 'null') or {} for change in changes}
    notes = [
        {'school': school, 'assignment': assignment, 'student': student, 'note': facts['private_note']}
        for (school, assignment, student), facts in last.items() if facts.get('private_note')
    ]
    if notes:
        connection.execute(sa.text(
            "UPDATE scores SET private_note = :note"
            " WHERE school_id = :school AND assignment_id = :assignment AND student_id = :student"
        ), notes)


def downgrade():
    op.drop_table('bank_comments')
    op.drop_column('scores', 'private_note')
