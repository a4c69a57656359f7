"""acts of the office that wait for a second person

Revision ID: 0024
Revises: 0023
Create Date: 2026-11-22

"""
from alembic import op
import sqlalchemy as sa


revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade():
    op.create_table('approvals',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('person_id', ID, nullable=True),
    sa.Column('section_id', ID, nullable=True),
    sa.Column('asked_by', ID, nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.Enum('approved', 'refused', 'withdrawn', name='answer', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('answered_by', ID, nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('why', sa.String(length=500), nullable=True),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.CheckConstraint('(answer IS NULL) = (answered_at IS NULL)', name=op.f('ck_approvals_answered_at_a_time')),
    sa.CheckConstraint('(answer IS NULL) = (answered_by IS NULL)', name=op.f('ck_approvals_answered_by_someone')),
    sa.CheckConstraint("answer IS NULL OR answer != 'approved' OR answered_by != asked_by", name=op.f('ck_approvals_second_person')),
    sa.CheckConstraint("answer IS NULL OR answer != 'refused' OR why IS NOT NULL", name=op.f('ck_approvals_not_without_a_reason')),
    sa.CheckConstraint('ends_at > asked_at', name=op.f('ck_approvals_ends_later')),
    sa.ForeignKeyConstraint(['answered_by'], ['users.id'], name=op.f('fk_approvals_answered_by')),
    sa.ForeignKeyConstraint(['asked_by'], ['users.id'], name=op.f('fk_approvals_asked_by')),
    sa.ForeignKeyConstraint(['person_id'], ['users.id'], name=op.f('fk_approvals_person_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_approvals_school_id')),
    sa.ForeignKeyConstraint(['section_id'], ['sections.id'], name=op.f('fk_approvals_section_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approvals')),
    sa.UniqueConstraint('public_id', name=op.f('uq_approvals_public_id'))
    )
    op.create_index('ix_approvals_school_id_asked_at', 'approvals', ['school_id', 'asked_at'])


def downgrade():
    op.drop_table('approvals')
