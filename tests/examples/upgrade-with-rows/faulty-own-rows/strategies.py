from hashlib import md5

from hypothesis import strategies as st

# Only the application knows what a code is like.
ROWS = {
    "public.licences.code": st.text("ABCDEF", min_size=6, max_size=6).map(
        lambda code: code + md5(code.encode()).hexdigest()[:4]  # noqa: S324 (it keeps no secret)
    )
}
