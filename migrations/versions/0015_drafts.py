"""what someone has begun to write in a conversation

Revision ID: 0015
Revises: 0014
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade():
    op.create_table('drafts',
    sa.Column('conversation_id', ID, autoincrement=False, nullable=False),
    sa.Column('user_id', ID, autoincrement=False, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id', 'school_id'], ['conversations.id', 'conversations.school_id'], name=op.f('fk_drafts_conversation_id_school_id')),
    sa.ForeignKeyConstraint(['conversation_id', 'user_id'], ['participants.conversation_id', 'participants.user_id'], name=op.f('fk_drafts_conversation_id_user_id')),
    sa.PrimaryKeyConstraint('conversation_id', 'user_id', name=op.f('pk_drafts'))
    )


def downgrade():
    op.drop_table('drafts')
