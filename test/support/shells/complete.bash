# complete.bash SCRIPT RUNS WORD…: calls the completion function as readline does, the last word being the current one.
# Prints the milliseconds of each run on one line, then the matches.
source "$1" || exit 1
runs=$2
shift 2
COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMP_WORDS=()
for typed; do
  # readline parts words at = as well
  while [[ $typed == *=* ]]; do
    COMP_WORDS+=("${typed%%=*}" =)
    typed=${typed#*=}
    joint=yes
  done
  [[ -n $joint && -z $typed ]] || COMP_WORDS+=("$typed")
  joint=
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
times=()
for ((run = 0; run < runs; run++)); do
  begun=${EPOCHREALTIME/[.,]/}
  _cryptosync
  took=$((${EPOCHREALTIME/[.,]/} - begun))
  times+=("$((took / 1000)).$(printf %03d $((took % 1000)))")
done
echo "${times[*]}"
printf '%s\n' "${COMPREPLY[@]}"
