"""office hours, days off, reads, notices, muted and joint conversations, closed writing

Revision ID: 0018
Revises: 0017
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
ROLE = sa.Enum('office', 'parent', 'student', 'teacher', name='role_kind', native_enum=False, create_constraint=True, length=20)


def upgrade():
    op.add_column('schools', sa.Column('hides_past_conversations', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('conversations', sa.Column('is_joint', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('participants', sa.Column('muted_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table('reads',
    sa.Column('conversation_id', ID, autoincrement=False, nullable=False),
    sa.Column('user_id', ID, autoincrement=False, nullable=False),
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id', 'school_id'], ['conversations.id', 'conversations.school_id'], name=op.f('fk_reads_conversation_id_school_id')),
    sa.ForeignKeyConstraint(['conversation_id', 'user_id'], ['participants.conversation_id', 'participants.user_id'], name=op.f('fk_reads_conversation_id_user_id')),
    sa.PrimaryKeyConstraint('conversation_id', 'user_id', 'seq', name=op.f('pk_reads'))
    )
    op.create_table('writing_closures',
    sa.Column('id', ID, nullable=False),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('closed_by', ID, nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_by', ID, nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['closed_by'], ['users.id'], name=op.f('fk_writing_closures_closed_by')),
    sa.ForeignKeyConstraint(['opened_by'], ['users.id'], name=op.f('fk_writing_closures_opened_by')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_writing_closures_school_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_writing_closures_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_writing_closures')),
    sa.UniqueConstraint('public_id', name=op.f('uq_writing_closures_public_id'))
    )
    op.create_index('ix_writing_closures_school_id_user_id', 'writing_closures', ['school_id', 'user_id'])
    op.create_table('office_hours',
    sa.Column('user_id', ID, autoincrement=False, nullable=False),
    sa.Column('school_id', ID, autoincrement=False, nullable=False),
    sa.Column('role_kind', ROLE, nullable=False),
    sa.Column('days', sa.JSON(), nullable=False),
    sa.CheckConstraint("role_kind = 'teacher'", name=op.f('ck_office_hours_of_a_teacher')),
    sa.ForeignKeyConstraint(['user_id', 'school_id', 'role_kind'], ['roles.user_id', 'roles.school_id', 'roles.kind'], name=op.f('fk_office_hours_user_id_school_id_role_kind')),
    sa.PrimaryKeyConstraint('user_id', 'school_id', name=op.f('pk_office_hours'))
    )
    op.create_table('days_off',
    sa.Column('id', ID, nullable=False),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('begins_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.CheckConstraint('ends_on > begins_on', name=op.f('ck_days_off_dates_in_order')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_days_off_school_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_days_off')),
    sa.UniqueConstraint('public_id', name=op.f('uq_days_off_public_id'))
    )
    op.create_index('ix_days_off_school_id', 'days_off', ['school_id'])
    op.create_table('notices',
    sa.Column('id', ID, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('recipient_id', ID, nullable=False),
    sa.Column('role_kind', ROLE, nullable=False),
    sa.Column('kind', sa.Enum('joint', 'message', 'writing_closed', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('conversation_id', ID, nullable=True),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("role_kind IN ('teacher', 'parent', 'office')", name=op.f('ck_notices_never_a_student')),
    sa.ForeignKeyConstraint(['conversation_id', 'school_id'], ['conversations.id', 'conversations.school_id'], name=op.f('fk_notices_conversation_id_school_id')),
    sa.ForeignKeyConstraint(['recipient_id', 'school_id', 'role_kind'], ['roles.user_id', 'roles.school_id', 'roles.kind'], name=op.f('fk_notices_recipient_id_school_id_role_kind')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_notices_school_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices')),
    sa.UniqueConstraint('conversation_id', 'seq', 'recipient_id', name=op.f('uq_notices_conversation_id_seq_recipient_id'))
    )
    op.create_index('ix_notices_due_at', 'notices', ['due_at'])
    op.create_index('ix_notices_recipient_id', 'notices', ['recipient_id'])


def downgrade():
    for table in ('notices', 'days_off', 'office_hours', 'writing_closures', 'reads'):
        op.drop_table(table)
    op.drop_column('participants', 'muted_at')
    op.drop_column('conversations', 'is_joint')
    op.drop_column('schools', 'hides_past_conversations')
