"""categories that keep their best

On the way down a category that keeps its best n becomes one that drops as many as it has now beyond n. What is lost
is that it was n: with work that is added later, or with excused work, such a category keeps another number. Nothing
else of it changes, and on the way up again it stays a category that drops.

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

KEEP_BEST = """
    ALTER TABLE categories ADD COLUMN keep_best INTEGER
    CONSTRAINT ck_categories_keep_best_in_bounds CHECK (keep_best BETWEEN 1 AND 1000)
    CONSTRAINT ck_categories_keeps_or_drops CHECK (keep_best IS NULL OR drop_lowest = 0)
"""

# What may be dropped: it counts, is no extra credit and not marked never-drop. The column allows at most 1000.
BEYOND = """
    SELECT c.id, c.keep_best, count(a.id) AS pieces FROM categories c
    LEFT JOIN assignments a ON a.category_id = c.id AND a.deleted_at IS NULL
    AND a.counts AND NOT a.never_drop AND NOT a.extra_credit
    WHERE c.keep_best IS NOT NULL GROUP BY c.id, c.keep_best
"""
AS_A_DROP = sa.text('UPDATE categories SET keep_best = NULL, drop_lowest = :dropped WHERE id = :id')


def upgrade():
    # In place, on SQLite too: a copy of the table would lose its checks.
    op.execute(KEEP_BEST)


def downgrade():
    connection = op.get_bind()
    for key, kept, pieces in connection.execute(sa.text(BEYOND)).all():
        connection.execute(AS_A_DROP, {'id': key, 'dropped': min(max(0, pieces - kept), 1000)})
    op.drop_column('categories', 'keep_best')
