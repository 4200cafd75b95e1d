# Runs a server for as long as its owner lives, and removes what it leaves.
#   $1         the server's folder, removed at the end
#   $2 ...     the server's command line
# Standard input is a pipe whose other end only the owner holds: it reaches its end when the owner closes it, and also
# when the owner dies, by whatever signal. That end is waited for here, so one way serves both. (To stop, the owner also
# writes a line: a child that it forked may hold the pipe open.)
folder=$1
shift
"$@" </dev/null >"$folder/log" 2>&1 &
server=$!
echo "$server" >"$folder/pid"
# A signal to all of a session's processes must not leave the server without its guard.
trap '' HUP INT TERM
read -r _
# Immediate shutdown (manual, "Shutting Down the Server"): nothing in it is worth a checkpoint.
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$folder"
