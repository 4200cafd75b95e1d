# Runs a server for as long as its owner lives, and removes what it leaves.
#   $1         the server's folder, removed at the end
#   $2 ...     the server's command line
# Standard input is a pipe whose other end only the owner holds: it reaches its end when the owner closes it, and also
# when the owner dies, by whatever signal. That end is waited for here, so one way serves both. (To stop, the owner also
# writes a line: a child that it forked may hold the pipe open.) The line "restart" runs a server again that was killed.
# The server's own end is no reason to go: its data is wanted after a crash.
folder=$1
shift
run() {
  "$@" </dev/null >>"$folder/log" 2>&1 &
  server=$!
  echo "$server" >"$folder/pid"
}
run "$@"
# A signal to all of a session's processes must not leave the server without its guard.
trap '' HUP INT TERM
while read -r order && [ "$order" = restart ]; do
  # While nobody asks how it ended it still has its pid, and the lock file that names this pid keeps the next one out.
  wait "$server"
  run "$@"
done
# Immediate shutdown (manual, "Shutting Down the Server"): nothing in it is worth a checkpoint. Until it is gone: one that
# has only begun to start ignores the signal. CONT: an owner that died while it killed the server may have left it stopped.
end() {
  while kill -QUIT "$server" && kill -CONT "$server"; do sleep 0.1; done
}
end 2>/dev/null &
wait "$server"
# The lock file is still there after a SIGKILL alone. Its seventh line ends in the id of the segment of shared memory
# that tells a server whether another one runs on its data: the one thing of it outside the folder.
if [ -f "$folder/data/postmaster.pid" ]; then
  ipcrm -m "$(sed -n '7s/.* //p' "$folder/data/postmaster.pid")" 2>/dev/null
fi
rm -rf "$folder"
