# Runs PgBouncer for as long as its owner lives, and removes what it leaves.
#   $1         its folder, removed at the end
#   $2 ...     its command line
# Standard input is a pipe whose other end only the owner holds: it reaches its end when the owner closes it, and also
# when the owner dies, by whatever signal. (To stop, the owner also writes a line: a child that it forked may hold the
# pipe open.)
folder=$1
shift
# A signal to all of a session's processes must not leave PgBouncer without its guard. No '': that would be inherited.
trap : HUP INT TERM
exec 3<&0 </dev/null
end() {
  until [ -s "$folder/pid" ]; do sleep 0.1; done
  # Again and again: before 1.23 the first SIGTERM ends it, since then the first waits for all clients.
  while kill -TERM "$(cat "$folder/pid")"; do sleep 0.1; done
}
{
  trap '' HUP INT TERM
  read -r _ <&3
  end
} 2>/dev/null &
# In the foreground, because what a shell runs in the background ignores SIGQUIT, with which a sweep ends it where this
# guard was killed too. Before 1.23 that signal has no handler of its own, and its default is to write a core file.
sh -c 'ulimit -c 0; echo $$ >"$0/pid"; exec "$@"' "$folder" "$@" 3<&- >>"$folder/log" 2>&1
wait
rm -rf "$folder"
