from hypothesis import strategies as st

ROWS = {"public.chats.id": st.integers(1, 9)}
