from .ledger import Ledger
