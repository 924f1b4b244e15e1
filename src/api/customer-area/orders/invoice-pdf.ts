import PDFDocument from 'pdfkit'
import { type Invoice, type InvoicedLine, plainDay, taxText, termText } from '#domain/invoices'
import { moneyText } from '#kernel/money'
import { STROKES } from '../style/mark.ts'
import { LIGHT } from '../style/tokens.ts'
import { cardText } from './invoice-text.ts'
import { NO_GLYPH, pdfFonts, printable } from './pdf-fonts.ts'

/** Points of an A4 page. */
const LEFT = 56
const RIGHT = 595.28 - LEFT
const WIDTH = RIGHT - LEFT
const AMOUNT_WIDTH = 100
const BOTTOM = 841.89 - 86

type Document = InstanceType<typeof PDFDocument>

/** A pen that knows how far down the page it is. */
interface Pen {
  doc: Document
  y: number
  /** A letter was replaced. */
  isIncomplete: boolean
}

/**
 * An invoice on A4 pages. The same bytes each time: its dates are those of the invoice, and nothing is compressed, so
 * that they do not depend on the Node that runs.
 */
export async function invoicePdf(invoice: Invoice): Promise<Buffer> {
  const { number, issuedAt, document } = invoice
  const doc = new PDFDocument({
    size: 'A4',
    margin: 0,
    compress: false,
    bufferPages: true,
    lang: 'en',
    displayTitle: true,
    info: { Title: `Invoice ${number}`, Author: printable(document.seller.name), CreationDate: issuedAt },
  })
  const { regular, bold } = pdfFonts()
  doc.registerFont('regular', regular).registerFont('bold', bold)
  const bytes = bytesOf(doc)
  const pen: Pen = { doc, y: LEFT, isIncomplete: false }
  head(pen, invoice)
  parties(pen, invoice)
  table(pen, invoice)
  sums(pen, invoice)
  payments(pen, invoice)
  footers(pen, invoice)
  doc.end()
  return bytes
}

const bytesOf = (doc: Document): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    doc.on('data', (chunk: Buffer) => chunks.push(chunk))
    doc.on('end', () => resolve(Buffer.concat(chunks)))
    doc.on('error', reject)
  })

interface Look {
  x?: number
  width?: number
  size?: number
  isBold?: boolean
  colour?: string
  align?: 'left' | 'right'
}

/** Writes at the pen without moving it, and returns the height of the text. */
function write(pen: Pen, text: string, look: Look = {}): number {
  const { x = LEFT, width = WIDTH, size = 9.5, isBold = false, colour = LIGHT.ink, align = 'left' } = look
  const shown = printable(text)
  pen.isIncomplete ||= shown.includes(NO_GLYPH) && !text.includes(NO_GLYPH)
  pen.doc
    .font(isBold ? 'bold' : 'regular')
    .fontSize(size)
    .fillColor(colour)
  const options = { width, align, lineGap: 2.5 } as const
  pen.doc.text(shown, x, pen.y, options)
  return pen.doc.heightOfString(shown, options)
}

const muted = { colour: LIGHT.muted } as const
const toTheRight = { x: RIGHT - AMOUNT_WIDTH, width: AMOUNT_WIDTH, align: 'right' } as const

function head(pen: Pen, { number }: Invoice): void {
  const { doc } = pen
  doc.save().translate(LEFT, pen.y).roundedRect(0, 0, 30, 30, 7.5).fill(LIGHT.accent)
  doc
    .scale(30 / 32)
    .lineWidth(2.8)
    .lineCap('round')
    .lineJoin('round')
    .strokeColor('#ffffff')
  for (const stroke of STROKES) doc.path(stroke).stroke()
  doc.restore()
  pen.y += 6
  write(pen, 'packagento', { x: LEFT + 40, size: 15, isBold: true })
  pen.y -= 4
  write(pen, `Invoice ${number}`, { size: 17, isBold: true, align: 'right' })
  pen.y = LEFT + 62
}

function parties(pen: Pen, { document, issuedAt, number }: Invoice): void {
  const { seller, buyer, suppliedAt, order } = document
  const column = WIDTH / 2 - 12
  const top = pen.y
  const party = (
    title: string,
    { name, address, vatId }: { name: string; address: readonly string[]; vatId?: string | undefined },
    x: number,
  ) => {
    pen.y = top
    const row = (text: string, look: Look = {}) => {
      pen.y += write(pen, text, { x, width: column, ...look })
    }
    row(title, { ...muted, size: 8.5 })
    row(name, { isBold: true, size: 10.5 })
    for (const line of address) row(line)
    if (vatId) row(`VAT id ${vatId}`)
    return pen.y
  }
  pen.y = Math.max(party('From', seller, LEFT), party('To', buyer, LEFT + WIDTH / 2 + 12)) + 22
  const facts = [
    ['Number', number],
    ['Date of the invoice', plainDay(issuedAt)],
    ['Date of supply', plainDay(suppliedAt)],
    ['Order', order],
  ]
  for (const [name = '', value = ''] of facts) {
    write(pen, name, { ...muted, width: 120 })
    pen.y += write(pen, value, { x: LEFT + 124, width: WIDTH - 124 })
  }
  pen.y += 20
}

function table(pen: Pen, { document: { lines }, total: { currency } }: Invoice): void {
  tableHead(pen)
  for (const line of lines) {
    vendorRow(pen, line)
    for (const item of line.items) {
      roomFor(pen, 48)
      write(pen, moneyText({ amountMinor: item.amount, currency }), toTheRight)
      const width = WIDTH - AMOUNT_WIDTH - 16
      pen.y += write(pen, item.package, { width })
      pen.y += write(pen, termText(item), { ...muted, width, size: 8.5 })
      if (item.licence) pen.y += write(pen, `Licence ${item.licence}`, { ...muted, width, size: 8.5 })
      pen.y += 6
    }
  }
}

function tableHead(pen: Pen): void {
  write(pen, 'Amount', { ...muted, ...toTheRight, size: 8.5 })
  pen.y += write(pen, 'What', { ...muted, size: 8.5 }) + 3
  rule(pen)
  pen.y += 9
}

function vendorRow(pen: Pen, { vendor }: InvoicedLine): void {
  roomFor(pen, 70)
  pen.y += write(pen, `From the vendor ${vendor}`, { isBold: true }) + 2
}

function sums(pen: Pen, { document: { tax }, total }: Invoice): void {
  roomFor(pen, 96)
  rule(pen)
  pen.y += 9
  const { currency, amountMinor } = total
  const row = (name: string, amount: number, look: Look = {}) => {
    write(pen, name, { ...look, x: LEFT + WIDTH / 2, width: WIDTH / 2 - AMOUNT_WIDTH })
    pen.y += write(pen, moneyText({ amountMinor: amount, currency }), { ...look, ...toTheRight }) + 3
  }
  row('Net', amountMinor - tax.amount)
  row('Tax', tax.amount)
  row('Total', amountMinor, { isBold: true, size: 11.5 })
  pen.y += write(pen, taxText(tax), { ...muted, align: 'right', size: 8.5 }) + 18
}

function payments(pen: Pen, { document: { lines }, total: { currency } }: Invoice): void {
  const paid = lines.filter(({ amount }) => amount > 0)
  for (const { vendor, amount, card } of paid) {
    // the longest name of a vendor takes three lines
    roomFor(pen, 48)
    const by = card ? `by ${cardText(card)}` : 'by card'
    pen.y += write(pen, `Paid ${by}: ${moneyText({ amountMinor: amount, currency })} for ${vendor}.`, muted)
  }
}

function rule({ doc, y }: Pen): void {
  doc.moveTo(LEFT, y).lineTo(RIGHT, y).lineWidth(0.7).strokeColor(LIGHT.line).stroke()
}

/** Begins a new page when less than `height` is left on this one. */
function roomFor(pen: Pen, height: number): void {
  if (pen.y + height <= BOTTOM) return
  pen.doc.addPage()
  pen.y = LEFT
}

function footers(pen: Pen, { document: { seller }, number }: Invoice): void {
  const { doc, isIncomplete } = pen
  const { count } = doc.bufferedPageRange()
  for (let page = 0; page < count; page++) {
    doc.switchToPage(page)
    pen.y = BOTTOM + 30
    if (isIncomplete)
      pen.y += write(
        pen,
        `${NO_GLYPH} stands for a letter that this file has no font for. The page of the order shows it.`,
        { ...muted, size: 8 },
      )
    const from = [seller.name, seller.vatId && `VAT id ${seller.vatId}`].filter(Boolean).join(' · ')
    write(pen, `Page ${page + 1} of ${count}`, { ...muted, size: 8, align: 'right' })
    write(pen, `${number} · ${from}`, { ...muted, size: 8, width: WIDTH - 80 })
  }
}
