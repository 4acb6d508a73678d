ls /usr/bin | sort -r | head -5 | tr a-z A-Z; exit 7
