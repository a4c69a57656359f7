"""audit entries know their class

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

# What earlier versions wrote into the facts alone. An entry of a class that is not there any more stays without.
FROM_THE_FACTS = {
    'sqlite': """
        UPDATE audit_entries SET section_id = json_extract(facts, '$.section_id')
        WHERE json_extract(facts, '$.section_id') IN (SELECT id FROM sections)
    """,
    'postgresql': """
        UPDATE audit_entries SET section_id = sections.id
        FROM sections WHERE sections.id::text = audit_entries.facts ->> 'section_id'
    """,
}


def upgrade():
    op.add_column(
        'audit_entries',
        sa.Column(
            'section_id', ID, sa.ForeignKey('sections.id', name=op.f('fk_audit_entries_section_id')), nullable=True
        ),
        inline_references=True,
    )
    op.execute(FROM_THE_FACTS[op.get_bind().dialect.name])
    op.create_index('ix_audit_entries_section_id_act', 'audit_entries', ['section_id', 'act'])


def downgrade():
    op.drop_index('ix_audit_entries_section_id_act', 'audit_entries')
    op.drop_column('audit_entries', 'section_id')
