# Runs `node …` with what Accord needs of Node, whatever NODE_OPTIONS adds: half of the container's memory limit for
# the heap, because buffers and code need about as much; everything else as it is.

# Node keeps a compile cache under the id of its user. Another user finds the image's under his own; /dev/shm can be
# written where the root file system cannot. Without it a start takes longer, and that is all.
made_for=$(echo "$NODE_COMPILE_CACHE"/*-1000)
if [ "$(id -u)" != 1000 ] && [ -d "$made_for" ] && mkdir -p /dev/shm/accord 2>/dev/null; then
  ln -sfn "$made_for" "/dev/shm/accord/$(basename "$made_for" 1000)$(id -u)" 2>/dev/null &&
    export NODE_COMPILE_CACHE=/dev/shm/accord
fi

if [ "$1" = node ]; then
  shift
  set -- node --disable-warning=TimeoutNegativeWarning --max-semi-space-size=4 \
    --max-old-space-size-percentage=50 "$@"
fi
exec "$@"
