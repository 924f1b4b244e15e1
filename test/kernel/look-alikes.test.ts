import { expect, test } from 'vitest'
import { looksOf, mixesAlphabets } from '#kernel/look-alikes'

test.for([
  'Acme Retail GmbH',
  'Ærøskøbing Łódź & Đà Nẵng 24',
  'Яндекс.Маркет',
  'ООО «Ромашка» B2B',
  'Дом-Shop 2024',
  'Сімʼя',
  'Ελληνικά Μεταξύ',
  'Հայաստան',
  'שלום בע״מ',
  'متجر‌ها ٢٤',
  'फ़ैशन स्टोर',
  'ร้านค้า',
  '株式会社ミツウロコ',
  'ソニーMusic東京店',
  'α版ストア',
  '서울Shop',
  'café 🛒',
  'ร้านABC',
  'ភាសាVIP',
  'မြန်မာABC',
  'שלוםShop',
  'شركةABC',
  'ሰላምABC',
  'हिन्दीSBI',
  '',
])('%j is in one alphabet, word by word', (name) => {
  expect(mixesAlphabets(name)).toBe(false)
})

test.for([
  ['Аdmin', 'Cyrillic А'],
  ['suppоrt team', 'Cyrillic о'],
  ['А\u200Cdmin', 'Cyrillic А and a joiner'],
  ['pаckagento', 'Cyrillic а'],
  ['Αcme', 'Greek Alpha'],
  ['Аθήνα', 'Cyrillic А in Greek'],
  ['Acmе東京', 'Cyrillic е beside Han'],
  ['ѕuppօrt', 'Armenian օ in Cyrillic and Latin'],
  ['Ꭺcme', 'Cherokee'],
  ['ꓮcme', 'Lisu'],
  ['ⲁcme', 'Coptic'],
  ['ⲁθήνα', 'Coptic in Greek'],
  ['acmeⵔ', 'Tifinagh, which names seldom use'],
  ['שלוםАbc', 'Cyrillic А beside Latin, and Hebrew'],
] as const)('%s has a word of two alphabets: %s', ([name]) => {
  expect(mixesAlphabets(name)).toBe(true)
})

test.for([
  ['admin', 'Аԁміп'],
  ['admin', 'ᴀᴅᴍɪɴ'],
  ['admin', 'admın'],
  ['admin', 'AdmIn'],
  ['admin', 'Adm1n'],
  ['admin', 'adrnin'],
  ['admin', 'Ａｄｍｉｎ'],
  ['admin', '𝐀𝓭𝖒𝚒𝒏'],
  ['admin', '🅰🅳🅼🅸🅽'],
  ['admin', 'ad\u3164min'],
  ['admin', 'ꓮꓓꓟꓲꓠ'],
  ['support', 'ѕцррогт'],
  ['support', 'ſupp0rt'],
  ['operator', 'ореrаtоr'],
  ['packagento', 'Pàckagentø'],
  ['packagento', 'Ƥackagento'],
  ['packagento', 'Packaǥento'],
  ['packagento', 'Paƈkagento'],
  ['packagento', 'Packagenƭo'],
  ['packagento', 'P@ck4g3n7o'],
  ['admin', 'Adɱin'],
  ['admin', 'Ʌdmin'],
  ['admin', '4dm!n'],
  ['admin', '@dm|n'],
  ['support', 'Suppoɍt'],
  ['support', 'Ꞩupport'],
  ['support', 'ƨupport'],
  ['support', '5upport'],
  ['support', 'supp\u05e1rt'],
  ['make', 'ⲘⲀⲔⲈ'],
  ['nike', 'ΝΙΚΕ'],
  ['Sony', 'sony'],
] as const)('%s looks like %s', ([name, other]) => {
  expect(looksOf(other)).toBe(looksOf(name))
})

test.for([
  ['acme', 'acne'],
  ['acme', 'асте 2'],
  ['Ромашка', 'Ромашки'],
  ['東京', '京都'],
  ['suport', 'support'],
] as const)('%s does not look like %s', ([name, other]) => {
  expect(looksOf(other)).not.toBe(looksOf(name))
})
