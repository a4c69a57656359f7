"""grades that a closing left to be kept

The way down is refused while some grades of a closed term are not stored yet: the version below would show them as
they are computed on that day.

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('sections', sa.Column('unkept', sa.JSON(none_as_null=True), nullable=True))


def downgrade():
    waiting = op.get_bind().scalar(sa.text('SELECT count(*) FROM sections WHERE unkept IS NOT NULL'))
    if waiting:
        raise RuntimeError(
            f'The grades of {waiting} classes of closed terms are not kept yet. Let the worker finish, or press '
            '"Keep the rest now" on the page of the term, and run this again.'
        )
    op.drop_column('sections', 'unkept')
