package lcs

// Search is Common, and says how many steps it took.
var Search = search

// Sqrt is the integer square root.
var Sqrt = sqrt
