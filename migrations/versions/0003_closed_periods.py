"""closed periods, frozen grades, overrides, weights of periods

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade():
    # Columns are added and dropped in place, on SQLite too: a copy of the table would lose its checks.
    op.add_column('academic_sessions', sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        'academic_sessions',
        sa.Column(
            'closed_by', ID,
            sa.ForeignKey('users.id', name=op.f('fk_academic_sessions_closed_by')), nullable=True,
        ),
        inline_references=True,
    )
    op.add_column('sections', sa.Column('closings', sa.JSON(), server_default=sa.text("'{}'"), nullable=False))
    op.add_column('sections', sa.Column('has_overrides', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('sections', sa.Column('weighs_periods', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table('section_periods',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('section_id', ID, autoincrement=False, nullable=False),
    sa.Column('period_id', ID, autoincrement=False, nullable=False),
    sa.Column('weight', sa.Integer(), nullable=False),
    sa.CheckConstraint('weight BETWEEN 0 AND 1000000', name=op.f('ck_section_periods_weight_in_bounds')),
    sa.ForeignKeyConstraint(['period_id', 'school_id'], ['academic_sessions.id', 'academic_sessions.school_id'], name=op.f('fk_section_periods_period_id_school_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_section_periods_school_id')),
    sa.ForeignKeyConstraint(['section_id', 'school_id'], ['sections.id', 'sections.school_id'], name=op.f('fk_section_periods_section_id_school_id')),
    sa.PrimaryKeyConstraint('section_id', 'period_id', name=op.f('pk_section_periods'))
    )
    op.create_table('frozen_grades',
    sa.Column('id', ID, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('section_id', ID, nullable=False),
    sa.Column('student_id', ID, nullable=False),
    sa.Column('period_id', ID, nullable=True),
    sa.Column('frozen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('grade', sa.JSON(), nullable=False),
    sa.Column('posted_grade', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('override', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('dropped_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['period_id', 'school_id'], ['academic_sessions.id', 'academic_sessions.school_id'], name=op.f('fk_frozen_grades_period_id_school_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_frozen_grades_school_id')),
    sa.ForeignKeyConstraint(['section_id', 'school_id'], ['sections.id', 'sections.school_id'], name=op.f('fk_frozen_grades_section_id_school_id')),
    sa.ForeignKeyConstraint(['student_id'], ['users.id'], name=op.f('fk_frozen_grades_student_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_frozen_grades'))
    )
    op.create_table('grade_overrides',
    sa.Column('id', ID, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('section_id', ID, nullable=False),
    sa.Column('student_id', ID, nullable=False),
    sa.Column('period_id', ID, nullable=True),
    sa.Column('percent', sa.Integer(), nullable=True),
    sa.Column('letter', sa.String(length=20), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('set_by', ID, nullable=False),
    sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('removed_by', ID, nullable=True),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('percent BETWEEN 0 AND 9999999', name=op.f('ck_grade_overrides_percent_in_bounds')),
    sa.CheckConstraint('(percent IS NULL) <> (letter IS NULL)', name=op.f('ck_grade_overrides_one_form')),
    sa.ForeignKeyConstraint(['period_id', 'school_id'], ['academic_sessions.id', 'academic_sessions.school_id'], name=op.f('fk_grade_overrides_period_id_school_id')),
    sa.ForeignKeyConstraint(['removed_by'], ['users.id'], name=op.f('fk_grade_overrides_removed_by')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_grade_overrides_school_id')),
    sa.ForeignKeyConstraint(['section_id', 'school_id'], ['sections.id', 'sections.school_id'], name=op.f('fk_grade_overrides_section_id_school_id')),
    sa.ForeignKeyConstraint(['set_by'], ['users.id'], name=op.f('fk_grade_overrides_set_by')),
    sa.ForeignKeyConstraint(['student_id'], ['users.id'], name=op.f('fk_grade_overrides_student_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grade_overrides'))
    )
    for table, ended in (('frozen_grades', 'dropped_at'), ('grade_overrides', 'removed_at')):
        whole = sa.text(f'{ended} IS NULL AND period_id IS NULL')
        period = sa.text(f'{ended} IS NULL AND period_id IS NOT NULL')
        op.create_index(
            f'uq_{table}_class', table, ['section_id', 'student_id'], unique=True,
            sqlite_where=whole, postgresql_where=whole,
        )
        op.create_index(
            f'uq_{table}_period', table, ['section_id', 'student_id', 'period_id'], unique=True,
            sqlite_where=period, postgresql_where=period,
        )


def downgrade():
    op.drop_table('grade_overrides')
    op.drop_table('frozen_grades')
    op.drop_table('section_periods')
    op.drop_column('sections', 'weighs_periods')
    op.drop_column('sections', 'has_overrides')
    op.drop_column('sections', 'closings')
    op.drop_column('academic_sessions', 'closed_by')
    op.drop_column('academic_sessions', 'closed_at')
