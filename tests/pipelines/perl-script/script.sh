cat >script.pl <<'EOF'
use strict; use warnings;
my %count;
for my $line ("the quick brown fox", "jumps over the lazy dog", "The end of the line") {
    $count{lc $_}++ for $line =~ /\b(\w+)\b/g;
}
printf "%-6s %d\n", $_, $count{$_} for sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
my $text = "2026-11-21T05:06:07Z";
print join("|", $text =~ /^(\d{4})-(\d\d)-(\d\d)T([\d:]+)Z$/), "\n";
(my $swapped = "key=value, other=thing") =~ s/(\w+)=(\w+)/$2=$1/g;
print "$swapped\n", join(",", map { sprintf "%.3f", sqrt $_ } 1 .. 5), "\n";
open(my $pipe, "-|", "echo from a child; exit 2") or die; print <$pipe>; close $pipe; print $? >> 8, "\n";
EOF
perl script.pl
