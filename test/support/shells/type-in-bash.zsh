# type-in-bash.zsh SCRIPT KEYS: types the keys into an interactive bash on a terminal of its own, in which cryptosync
# is a function that prints its arguments, one to a line, between << and >>. Prints what the terminal showed.
zmodload zsh/zpty zsh/zselect
zpty -b shell bash --norc --noprofile -i
collect() { # until the pattern $1 was shown, at most 20 s
  local part
  integer tries
  for (( tries = 0; tries < 2000; tries++ )); do
    while zpty -r -t shell part; do shown+=$part; done
    [[ $shown == *${~1}* ]] && return 0
    zselect -t 1
  done
  return 1
}
shown=
zpty -w shell "bind 'set enable-bracketed-paste off'; PS1=; stty -echo; source ${(q)1}"
zpty -w shell "cryptosync() { printf '<''<%s>''>\\n' \"\$@\"; echo do''ne; }; echo rea''dy"
collect ready || { print -u2 "no prompt: $shown"; exit 1 }
shown=
zpty -w shell "$2"
collect done
result=$?
print -r -- $shown
zpty -d shell
exit $result
