"""changes of messages: edited, removed, put right

Revision ID: 0016
Revises: 0015
Create Date: 2026-11-21

On the way down a message keeps the text that it has now; the earlier ones, and the texts of removed messages, go.
"""
from alembic import op
import sqlalchemy as sa


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade():
    op.add_column('conversations', sa.Column('last_change', sa.Integer(), nullable=False, server_default='0'))
    op.execute('UPDATE conversations SET last_change = last_seq')
    op.add_column('messages', sa.Column('changed', sa.Integer(), nullable=False, server_default='0'))
    op.execute('UPDATE messages SET changed = seq')
    op.add_column('messages', sa.Column('version', sa.Integer(), nullable=False, server_default='1'))
    op.add_column('messages', sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('messages', sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('messages', sa.Column('corrects', sa.Integer(), nullable=True))
    op.add_column('messages', sa.Column('corrected_by', sa.Integer(), nullable=True))
    op.create_index('uq_messages_changed', 'messages', ['school_id', 'conversation_id', 'changed'], unique=True)
    op.create_table('message_texts',
    sa.Column('message_id', ID, nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('conversation_id', ID, nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id', 'school_id'], ['conversations.id', 'conversations.school_id'], name=op.f('fk_message_texts_conversation_id_school_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_message_texts_message_id')),
    sa.PrimaryKeyConstraint('message_id', 'version', name=op.f('pk_message_texts'))
    )


def downgrade():
    op.drop_table('message_texts')
    op.drop_index('uq_messages_changed', 'messages')
    for column in ('corrected_by', 'corrects', 'removed_at', 'edited_at', 'version', 'changed'):
        op.drop_column('messages', column)
    op.drop_column('conversations', 'last_change')
