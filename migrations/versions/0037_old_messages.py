"""an index by which old messages are found each night

Revision ID: 0037
Revises: 0036
Create Date: 2026-11-22

"""
from alembic import op


revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None


def upgrade():
    op.create_index('ix_messages_school_id_sent_at', 'messages', ['school_id', 'sent_at'])


def downgrade():
    op.drop_index('ix_messages_school_id_sent_at', 'messages')
