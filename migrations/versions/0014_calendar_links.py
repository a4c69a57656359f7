"""links to the calendar of a student, and until when a student has seen what is new

Revision ID: 0014
Revises: 0013
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade():
    op.create_table('calendar_links',
    sa.Column('id', ID, nullable=False),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_calendar_links_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_links')),
    sa.UniqueConstraint('public_id', name=op.f('uq_calendar_links_public_id')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_calendar_links_token_hash'))
    )
    op.create_index('ix_calendar_links_user_id', 'calendar_links', ['user_id'])
    op.add_column('users', sa.Column('news_seen_at', sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column('users', 'news_seen_at')
    op.drop_table('calendar_links')
