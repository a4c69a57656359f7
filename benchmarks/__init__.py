"""What the pages cost, beside what this machine cannot do faster: `make bench` (benchmarks/README.md)."""
