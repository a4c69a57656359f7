"""what guardians want to know and confirm as seen, and what students ask about their scores

Revision ID: 0019
Revises: 0018
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade():
    op.create_table('interests',
    sa.Column('guardian_id', ID, autoincrement=False, nullable=False),
    sa.Column('student_id', ID, autoincrement=False, nullable=False),
    sa.Column('missing_after', sa.Integer(), nullable=True),
    sa.Column('below', sa.Integer(), nullable=True),
    sa.Column('falls_by', sa.Integer(), nullable=True),
    sa.Column('new_scores', sa.Boolean(), nullable=False),
    sa.Column('due_soon', sa.Boolean(), nullable=False),
    sa.CheckConstraint('below BETWEEN 0 AND 10000', name=op.f('ck_interests_below_in_bounds')),
    sa.CheckConstraint('falls_by BETWEEN 1 AND 10000', name=op.f('ck_interests_falls_by_in_bounds')),
    sa.CheckConstraint('missing_after BETWEEN 0 AND 60', name=op.f('ck_interests_missing_after_in_bounds')),
    sa.ForeignKeyConstraint(['guardian_id'], ['users.id'], name=op.f('fk_interests_guardian_id')),
    sa.ForeignKeyConstraint(['student_id'], ['users.id'], name=op.f('fk_interests_student_id')),
    sa.PrimaryKeyConstraint('guardian_id', 'student_id', name=op.f('pk_interests'))
    )
    op.create_index('ix_interests_student_id', 'interests', ['student_id'])
    op.create_table('score_questions',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('section_id', ID, nullable=False),
    sa.Column('assignment_id', ID, nullable=False),
    sa.Column('student_id', ID, nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('answered_by', ID, nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.CheckConstraint('(answered_at IS NULL) = (answer IS NULL)', name=op.f('ck_score_questions_answered_with_words')),
    sa.CheckConstraint('(answered_at IS NULL) = (answered_by IS NULL)', name=op.f('ck_score_questions_answered_by_someone')),
    sa.ForeignKeyConstraint(['answered_by'], ['users.id'], name=op.f('fk_score_questions_answered_by')),
    sa.ForeignKeyConstraint(['assignment_id', 'school_id'], ['assignments.id', 'assignments.school_id'], name=op.f('fk_score_questions_assignment_id_school_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_score_questions_school_id')),
    sa.ForeignKeyConstraint(['section_id', 'school_id'], ['sections.id', 'sections.school_id'], name=op.f('fk_score_questions_section_id_school_id')),
    sa.ForeignKeyConstraint(['student_id'], ['users.id'], name=op.f('fk_score_questions_student_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_score_questions')),
    sa.UniqueConstraint('public_id', name=op.f('uq_score_questions_public_id'))
    )
    op.create_index('ix_score_questions_section_id', 'score_questions', ['section_id'])
    op.create_index('ix_score_questions_student_id', 'score_questions', ['student_id'])
    op.create_index('uq_score_questions_open', 'score_questions', ['assignment_id', 'student_id', 'school_id'], unique=True, sqlite_where=sa.text('answered_at IS NULL'), postgresql_where=sa.text('answered_at IS NULL'))
    op.create_table('seen_requests',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('section_id', ID, nullable=False),
    sa.Column('assignment_id', ID, nullable=False),
    sa.Column('asked_by', ID, nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['asked_by'], ['users.id'], name=op.f('fk_seen_requests_asked_by')),
    sa.ForeignKeyConstraint(['assignment_id', 'school_id'], ['assignments.id', 'assignments.school_id'], name=op.f('fk_seen_requests_assignment_id_school_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_seen_requests_school_id')),
    sa.ForeignKeyConstraint(['section_id', 'school_id'], ['sections.id', 'sections.school_id'], name=op.f('fk_seen_requests_section_id_school_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seen_requests')),
    sa.UniqueConstraint('id', 'school_id', name=op.f('uq_seen_requests_id_school_id'))
    )
    op.create_index('ix_seen_requests_section_id', 'seen_requests', ['section_id'])
    op.create_index('uq_seen_requests_open', 'seen_requests', ['assignment_id', 'school_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('seen_scores',
    sa.Column('request_id', ID, autoincrement=False, nullable=False),
    sa.Column('student_id', ID, autoincrement=False, nullable=False),
    sa.Column('guardian_id', ID, autoincrement=False, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['guardian_id'], ['users.id'], name=op.f('fk_seen_scores_guardian_id')),
    sa.ForeignKeyConstraint(['request_id', 'school_id'], ['seen_requests.id', 'seen_requests.school_id'], name=op.f('fk_seen_scores_request_id_school_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_seen_scores_school_id')),
    sa.ForeignKeyConstraint(['student_id'], ['users.id'], name=op.f('fk_seen_scores_student_id')),
    sa.PrimaryKeyConstraint('request_id', 'student_id', 'guardian_id', name=op.f('pk_seen_scores'))
    )
    op.create_index('ix_seen_scores_guardian_id', 'seen_scores', ['guardian_id'])


def downgrade():
    op.drop_table('seen_scores')
    op.drop_table('seen_requests')
    op.drop_table('score_questions')
    op.drop_table('interests')
