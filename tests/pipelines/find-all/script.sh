find / -xdev | wc -l
