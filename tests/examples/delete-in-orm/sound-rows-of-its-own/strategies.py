from hypothesis import strategies as st

# Only the application knows what its type can read; a table without foreign keys may have strategies too, and one that
# is there between two revisions only.
ROWS = {
    "public.chat.title": st.sampled_from(["sealed:", "sealed:a"]),
    "public.setting.name": st.just("theme"),
    "public.old_setting.name": st.sampled_from(["fa"]),
}
