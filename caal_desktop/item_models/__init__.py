"""Qt item models and proxies. ("Model" alone always means a language model.)"""
