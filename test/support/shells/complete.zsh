# complete.zsh SCRIPT RUNS LINE: types the line and a tab into an interactive zsh on a terminal of its own.
# Prints the milliseconds of each run on one line, then the matches.
zmodload zsh/zpty zsh/datetime zsh/zselect
script=$1 runs=$2 line=$3
scratch=$(mktemp -d)
trap 'zpty -d shell 2>/dev/null; rm -rf -- $scratch' EXIT
cat >$scratch/.zshrc <<'RC'
PROMPT= LISTMAX=100000
fpath=($COMPLETIONS $fpath)
autoload -Uz compinit
compinit -u -d $SCRATCH/dump
zmodload zsh/datetime
tell() { # for whoever waits: whole, or not there
  print -rl -- "$@" >$SCRATCH/told.new
  mv $SCRATCH/told.new $SCRATCH/told
  compstate[insert]= compstate[list]=
}
complete-and-time() {
  local begun=$EPOCHREALTIME
  _main_complete
  tell $(( (EPOCHREALTIME - begun) * 1000 ))
}
complete-and-collect() {
  local -a matches found
  functions[compadd]='builtin compadd -A found "$@" 2>/dev/null; matches+=($found); builtin compadd "$@"'
  _main_complete
  unfunction compadd
  tell $matches
}
zle -C complete-and-time complete-word complete-and-time
zle -C complete-and-collect complete-word complete-and-collect
bindkey '^I' complete-and-time '^G' complete-and-collect
zle-line-init() { : >$SCRATCH/ready }
zle -N zle-line-init
RC
export COMPLETIONS=${script:h} SCRATCH=$scratch ZDOTDIR=$scratch
zpty -b shell zsh -d -i

# Waits at most 20 s for a file, and lets the shell print meanwhile.
await() {
  local output
  integer tries
  for (( tries = 0; tries < 2000; tries++ )); do
    [[ -e $scratch/$1 ]] && return 0
    zpty -r -t shell output
    zselect -t 1
  done
  print -u2 "no answer: $1"
  exit 1
}

# Types the keys and sets answer to what is told.
ask() {
  rm -f $scratch/told
  zpty -w -n shell $'\C-u'$1
  await told
  answer=("${(@f)$(<$scratch/told)}")
}

await ready
times=()
for (( run = 0; run < runs; run++ )); do
  ask $line$'\t'
  times+=($answer[1])
done
print -r -- $times
ask $line$'\C-g'
print -rl -- $answer
