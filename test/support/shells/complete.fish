# complete.fish SCRIPT RUNS LINE: what fish itself offers for the line.
# Prints the milliseconds of each run on one line, then the matches.
source $argv[1]; or exit 1
set -l times
for run in (seq $argv[2])
    set -l begun (date +%s%N)
    set found (complete -C $argv[3])
    set -a times (math "($(date +%s%N) - $begun) / 1000000")
end
echo $times
string replace -r '\t.*' '' -- $found
exit 0
