"""Posts are gone."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("DROP VIEW titles")
    op.drop_table("posts")


def downgrade() -> None:
    op.execute("""
        CREATE TABLE posts (
            id serial CONSTRAINT posts_pkey PRIMARY KEY,
            user_id int CONSTRAINT posts_user_id_fkey REFERENCES public.users (id) ON DELETE CASCADE,
            at timestamptz DEFAULT now() NOT NULL,
            title text,
            CONSTRAINT ck_posts_title CHECK ((title = ANY (ARRAY['a', 'b'])) AND (length(title)) < 9)
        )
    """)
    op.execute("COMMENT ON COLUMN posts.title IS 'shown in bold'")
    op.execute("CREATE INDEX ix_posts_user_id ON posts USING btree (user_id ASC NULLS LAST)")
    op.execute("CREATE INDEX ix_posts_title ON posts (lower(title)) WHERE (title IS NOT NULL)")
    op.execute("CREATE VIEW titles AS SELECT posts.title FROM posts WHERE (posts.user_id > 0)")
