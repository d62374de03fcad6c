"""The wire to Coinbase: its two candle endpoints, asked politely, and their answers as our types."""
