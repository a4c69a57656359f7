"""an index by which old messages are found each night

Revision ID: 0036
Revises: 0035
Create Date: 2026-11-22

"""
from alembic import op


revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade():
    op.create_index('ix_messages_school_id_sent_at', 'messages', ['school_id', 'sent_at'])


def downgrade():
    op.drop_index('ix_messages_school_id_sent_at', 'messages')
