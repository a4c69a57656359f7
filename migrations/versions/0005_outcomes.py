"""outcomes

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade():
    op.create_table('mastery_scales',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('met_from', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_mastery_scales_school_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mastery_scales')),
    sa.UniqueConstraint('id', 'school_id', name=op.f('uq_mastery_scales_id_school_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_mastery_scales_public_id')),
    sa.UniqueConstraint('school_id', 'name', name=op.f('uq_mastery_scales_school_id_name'))
    )
    op.create_table('mastery_levels',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('scale_id', ID, nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=60), nullable=False),
    sa.Column('description', sa.String(length=300), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.CheckConstraint('number BETWEEN 0 AND 10000', name=op.f('ck_mastery_levels_number_in_bounds')),
    sa.ForeignKeyConstraint(['scale_id', 'school_id'], ['mastery_scales.id', 'mastery_scales.school_id'], name=op.f('fk_mastery_levels_scale_id_school_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_mastery_levels_school_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mastery_levels')),
    sa.UniqueConstraint('id', 'school_id', name=op.f('uq_mastery_levels_id_school_id')),
    sa.UniqueConstraint('school_id', 'scale_id', 'label', name=op.f('uq_mastery_levels_school_id_scale_id_label')),
    sa.UniqueConstraint('school_id', 'scale_id', 'number', name=op.f('uq_mastery_levels_school_id_scale_id_number'))
    )
    op.create_table('outcomes',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('section_id', ID, nullable=True),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=True),
    sa.Column('description', sa.String(length=1000), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_outcomes_school_id')),
    sa.ForeignKeyConstraint(['section_id', 'school_id'], ['sections.id', 'sections.school_id'], name=op.f('fk_outcomes_section_id_school_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outcomes')),
    sa.UniqueConstraint('id', 'school_id', name=op.f('uq_outcomes_id_school_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_outcomes_public_id'))
    )
    op.create_index('ix_outcomes_school_id_section_id', 'outcomes', ['school_id', 'section_id'])
    op.create_table('section_outcome_rules',
    sa.Column('section_id', ID, autoincrement=False, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('scale_id', ID, nullable=False),
    sa.Column('method', sa.Enum('latest', 'highest', 'mean', 'decaying', 'times_met', name='method', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('missing_is_lowest', sa.Boolean(), nullable=False),
    sa.CheckConstraint('times BETWEEN 1 AND 10', name=op.f('ck_section_outcome_rules_times_in_bounds')),
    sa.ForeignKeyConstraint(['scale_id', 'school_id'], ['mastery_scales.id', 'mastery_scales.school_id'], name=op.f('fk_section_outcome_rules_scale_id_school_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_section_outcome_rules_school_id')),
    sa.ForeignKeyConstraint(['section_id', 'school_id'], ['sections.id', 'sections.school_id'], name=op.f('fk_section_outcome_rules_section_id_school_id')),
    sa.PrimaryKeyConstraint('section_id', name=op.f('pk_section_outcome_rules'))
    )
    op.create_table('section_outcomes',
    sa.Column('section_id', ID, autoincrement=False, nullable=False),
    sa.Column('outcome_id', ID, autoincrement=False, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['outcome_id', 'school_id'], ['outcomes.id', 'outcomes.school_id'], name=op.f('fk_section_outcomes_outcome_id_school_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_section_outcomes_school_id')),
    sa.ForeignKeyConstraint(['section_id', 'school_id'], ['sections.id', 'sections.school_id'], name=op.f('fk_section_outcomes_section_id_school_id')),
    sa.PrimaryKeyConstraint('section_id', 'outcome_id', name=op.f('pk_section_outcomes'))
    )
    op.create_table('outcome_alignments',
    sa.Column('assignment_id', ID, autoincrement=False, nullable=False),
    sa.Column('outcome_id', ID, autoincrement=False, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.ForeignKeyConstraint(['assignment_id', 'school_id'], ['assignments.id', 'assignments.school_id'], name=op.f('fk_outcome_alignments_assignment_id_school_id')),
    sa.ForeignKeyConstraint(['outcome_id', 'school_id'], ['outcomes.id', 'outcomes.school_id'], name=op.f('fk_outcome_alignments_outcome_id_school_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_outcome_alignments_school_id')),
    sa.PrimaryKeyConstraint('assignment_id', 'outcome_id', name=op.f('pk_outcome_alignments'))
    )
    op.create_index('ix_outcome_alignments_outcome_id', 'outcome_alignments', ['outcome_id'])
    op.create_table('outcome_ratings',
    sa.Column('assignment_id', ID, autoincrement=False, nullable=False),
    sa.Column('outcome_id', ID, autoincrement=False, nullable=False),
    sa.Column('student_id', ID, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('level_id', ID, nullable=True),
    sa.Column('status', sa.Enum('none', 'excused', 'missing', name='status', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.CheckConstraint("level_id IS NULL OR status = 'none'", name=op.f('ck_outcome_ratings_level_or_status')),
    sa.ForeignKeyConstraint(['assignment_id', 'school_id'], ['assignments.id', 'assignments.school_id'], name=op.f('fk_outcome_ratings_assignment_id_school_id')),
    sa.ForeignKeyConstraint(['level_id', 'school_id'], ['mastery_levels.id', 'mastery_levels.school_id'], name=op.f('fk_outcome_ratings_level_id_school_id')),
    sa.ForeignKeyConstraint(['outcome_id', 'school_id'], ['outcomes.id', 'outcomes.school_id'], name=op.f('fk_outcome_ratings_outcome_id_school_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_outcome_ratings_school_id')),
    sa.ForeignKeyConstraint(['student_id'], ['users.id'], name=op.f('fk_outcome_ratings_student_id')),
    sa.PrimaryKeyConstraint('assignment_id', 'outcome_id', 'student_id', 'school_id', name=op.f('pk_outcome_ratings'))
    )
    op.create_index('ix_outcome_ratings_level_id', 'outcome_ratings', ['level_id'])
    op.create_index('ix_outcome_ratings_student_id', 'outcome_ratings', ['student_id'])
    op.create_table('rating_changes',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('section_id', ID, nullable=False),
    sa.Column('assignment_id', ID, nullable=False),
    sa.Column('outcome_id', ID, nullable=False),
    sa.Column('student_id', ID, nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('changed_by', ID, nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('before', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('after', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['assignment_id', 'school_id'], ['assignments.id', 'assignments.school_id'], name=op.f('fk_rating_changes_assignment_id_school_id')),
    sa.ForeignKeyConstraint(['changed_by'], ['users.id'], name=op.f('fk_rating_changes_changed_by')),
    sa.ForeignKeyConstraint(['outcome_id', 'school_id'], ['outcomes.id', 'outcomes.school_id'], name=op.f('fk_rating_changes_outcome_id_school_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_rating_changes_school_id')),
    sa.ForeignKeyConstraint(['section_id', 'school_id'], ['sections.id', 'sections.school_id'], name=op.f('fk_rating_changes_section_id_school_id')),
    sa.ForeignKeyConstraint(['student_id'], ['users.id'], name=op.f('fk_rating_changes_student_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rating_changes')),
    sa.UniqueConstraint('school_id', 'assignment_id', 'outcome_id', 'student_id', 'seq', name=op.f('uq_rating_changes_place_seq'))
    )
    op.create_index('ix_rating_changes_section_id_seq', 'rating_changes', ['section_id', 'seq'])
    # In place, on SQLite too: a copy of the table would lose its checks.
    op.add_column('sections', sa.Column('grades_outcomes', sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade():
    op.drop_column('sections', 'grades_outcomes')
    op.drop_index('ix_rating_changes_section_id_seq', 'rating_changes')
    op.drop_table('rating_changes')
    op.drop_index('ix_outcome_ratings_student_id', 'outcome_ratings')
    op.drop_index('ix_outcome_ratings_level_id', 'outcome_ratings')
    op.drop_table('outcome_ratings')
    op.drop_index('ix_outcome_alignments_outcome_id', 'outcome_alignments')
    op.drop_table('outcome_alignments')
    op.drop_table('section_outcomes')
    op.drop_table('section_outcome_rules')
    op.drop_index('ix_outcomes_school_id_section_id', 'outcomes')
    op.drop_table('outcomes')
    op.drop_table('mastery_levels')
    op.drop_table('mastery_scales')
