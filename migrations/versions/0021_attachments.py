"""files that come with messages

Revision ID: 0021
Revises: 0020
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
KIND = sa.Enum('docx', 'jpg', 'pdf', 'png', 'txt', 'xlsx', name='kind', native_enum=False, create_constraint=True, length=20)


def upgrade():
    op.add_column('messages', sa.Column('files', sa.Integer(), nullable=False, server_default='0'))
    op.create_table('attachments',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('conversation_id', ID, nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('author_id', ID, nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('kind', KIND, nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.CheckConstraint('position BETWEEN 1 AND 5', name=op.f('ck_attachments_at_most_five')),
    sa.ForeignKeyConstraint(['conversation_id', 'author_id'], ['participants.conversation_id', 'participants.user_id'], name=op.f('fk_attachments_conversation_id_author_id')),
    sa.ForeignKeyConstraint(['school_id', 'conversation_id', 'seq'], ['messages.school_id', 'messages.conversation_id', 'messages.seq'], name=op.f('fk_attachments_school_id_conversation_id_seq')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachments')),
    sa.UniqueConstraint('id', 'conversation_id', name=op.f('uq_attachments_id_conversation_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_attachments_public_id')),
    sa.UniqueConstraint('school_id', 'conversation_id', 'seq', 'position', name=op.f('uq_attachments_school_id_conversation_id_seq_position'))
    )
    op.create_index('ix_attachments_school_id_author_id', 'attachments', ['school_id', 'author_id'])
    op.create_table('attachment_contents',
    sa.Column('attachment_id', ID, autoincrement=False, nullable=False),
    sa.Column('conversation_id', ID, nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['attachment_id', 'conversation_id'], ['attachments.id', 'attachments.conversation_id'], name=op.f('fk_attachment_contents_attachment_id_conversation_id')),
    sa.PrimaryKeyConstraint('attachment_id', name=op.f('pk_attachment_contents'))
    )


def downgrade():
    op.drop_table('attachment_contents')
    op.drop_table('attachments')
    op.drop_column('messages', 'files')
