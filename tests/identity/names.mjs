// names: how people are called, and where they live, among those whom safety-net clinics of the West
// coast and of the Twin Cities see. Lists of common names, the most common first; no list was taken
// from a data set of persons.
//
// How often: the name of rank r is drawn with weight 1/(r + flat). `flat` was chosen such that the
// most common name has about the share that the US Census Bureau counts for it (surnames of 2010:
// García about 3 % of Hispanic persons, Smith about 1 % of all, Nguyen more than a third of
// Vietnamese, the Hmong eighteen clans). `tail` is the share drawn evenly from the rare names.

const words = (text) => text.trim().split(/\s+/)
// One name a word; `~` stands for the space inside of a name.
const names = (text) => words(text).map((name) => name.replaceAll('~', ' '))

const SPANISH_SURNAMES = names(`
García Rodríguez Hernández Martínez López González Pérez Sánchez Ramírez Torres Flores Rivera Gómez
Díaz Reyes Morales Cruz Ortiz Gutiérrez Chávez Ramos Ruiz Álvarez Mendoza Vásquez Castillo Jiménez
Moreno Romero Herrera Medina Aguilar Vargas Castro Fernández Guzmán Muñoz Salazar Ortega Estrada
Delgado Soto Ríos Guerrero Contreras Alvarado Vega Silva Sandoval Domínguez de~la~Cruz Méndez Juárez
Maldonado Espinoza Valdez Rojas Cervantes Luna Cortez Ayala Campos Santiago Cabrera Lara Navarro
Figueroa Acosta Fuentes Rosales Velásquez Ávila Solís Padilla Robles Serrano Mejía Zúñiga Ibarra
Miranda Carrillo Salinas Trujillo León Rosas Márquez Barajas Orozco Nava Cárdenas Villanueva Zavala
Ochoa Magaña Peña Escobar Galván Valencia Bautista Mora Núñez Molina Rangel Huerta Tapia Macías
Benítez Calderón Suárez Leyva Pineda Gallegos Meza Trejo Bravo de~León Montes Andrade Cisneros
`)
const SPANISH_RARE = names(`
Abarca Alcántara Almanza Amezcua Anaya Arciniega Arellano Arteaga Arzate Baeza Bahena Barragán
Becerra Bejarano Beltrán Berumen Bobadilla Botello Burgos Bustamante Camarena Cantú Carbajal Casillas
Ceballos Cedillo Ceja Chacón Cifuentes Colín Corona Covarrubias Cuéllar Cuevas de~la~Rosa de~la~Torre
del~Río del~Toro del~Valle Dueñas Echeverría Elizondo Escamilla Esparza Esquivel Farías Fajardo
Galindo Gamboa Garza Gaytán Godínez Granados Guardado Guillén Haro Hinojosa Iglesias Iñiguez Jáuregui
Landeros Ledesma Lemus Limón Lozano Lucero Madrigal Manríquez Melgoza Monroy Montaño Mosqueda Murillo
Najera Negrete Ocampo Olivares Olvera Ordaz Palacios Pantoja Paredes Partida Pedroza Perales Pizano
Plascencia Quezada Quintero Quiroz Rendón Renteria Ríos~Vega Rocha Rubio Saavedra Saldaña Samaniego
Segura Sepúlveda Servín Sosa Tinoco Toledo Tovar Ulloa Urbina Uribe Valadez Valdovinos Velarde Vera
Verduzco Villa Villalobos Villaseñor Villegas Yáñez Yépez Zamora Zaragoza Zarate Zepeda Us Chub Tzoc
Ajanel Chitay Coc Pop Caal Xol Ixcoy Tum Batz Mauricio Matías Mateo Felipe Jerónimo Calel
`)
const SPANISH_MALE = names(`
José Juan Luis Carlos Jesús Miguel Francisco Antonio Jorge Manuel Alejandro Pedro Ricardo Roberto
Fernando Eduardo Javier Rafael Daniel Martín Raúl Sergio Mario David Ramón Arturo Alberto Enrique
Víctor Óscar Rubén Armando Salvador Julio Guadalupe César Ángel Gerardo Alfredo Héctor Gustavo Jaime
Guillermo Marco Andrés Adrián Diego Santiago Mateo Sebastián Ignacio Pablo Joaquín Felipe Hugo Omar
Edgar Iván Rodolfo Ernesto Abel Abraham Agustín Alfonso Benjamín Domingo Efraín Emilio Esteban Felix
Gabriel Gilberto Isaac Ismael Israel Leonardo Lorenzo Marcos Mauricio Moisés Nicolás Noé Saúl Tomás
`)
const SPANISH_FEMALE = names(`
María Guadalupe Ana Rosa Juana Margarita Elizabeth Leticia Alejandra Verónica Patricia Martha Claudia
Carmen Gloria Silvia Teresa Alicia Adriana Sandra Laura Norma Yolanda Gabriela Maricela Blanca Irma
Josefina Lorena Rocío Mónica Araceli Beatriz Esther Elena Daniela Cecilia Angélica Diana Karla Mayra
Graciela Isabel Luz Rebeca Marisol Erika Olga Reyna Lucía Sofía Valentina Ximena Camila Andrea Paola
Brenda Griselda Esperanza Consuelo Dolores Catalina Concepción Rosario Mercedes Luisa Liliana Lidia
Hilda Imelda Aurora Amparo Estela Elvira Delia Ofelia Raquel Susana Virginia Yesenia Jazmín Vanessa
`)
const SPANISH_MALE_COMPOUND = names(`
José~Luis Juan~Carlos José~Antonio Juan~José Luis~Ángel Miguel~Ángel José~Manuel José~de~Jesús
Juan~Manuel Marco~Antonio José~Guadalupe Luis~Alberto Juan~Pablo Jesús~Manuel Francisco~Javier
`)
const SPANISH_FEMALE_COMPOUND = names(`
María~Guadalupe María~del~Carmen Ana~María María~Elena María~de~Jesús Rosa~María María~de~los~Ángeles
María~Luisa María~Teresa María~Isabel Luz~María María~del~Rosario Blanca~Estela María~de~la~Luz
`)

const ANGLO_SURNAMES = names(`
Smith Johnson Williams Brown Jones Davis Miller Wilson Anderson Taylor Thomas Moore Jackson Martin
Thompson White Harris Lewis Clark Robinson Walker Young Allen King Wright Scott Hill Green Adams Baker
Nelson Mitchell Campbell Roberts Carter Phillips Evans Turner Parker Collins Edwards Stewart Morris
Murphy Cook Rogers Morgan Peterson Cooper Reed Bailey Bell Kelly Howard Ward Cox Richardson Wood
Watson Brooks Bennett Gray James Hughes Price Myers Long Foster Sanders Ross Powell Sullivan Russell
Jenkins Perry Butler Barnes Fisher Henderson Coleman Simmons Patterson Jordan Reynolds Hamilton Graham
Wallace Cole West Larson Olson Hanson Carlson Swanson Johansen Lindgren Schmidt Meyer Mueller Hoffman
O'Brien O'Connor O'Neill D'Angelo McDonald McCarthy MacDonald St.~John Van~Dyke
`)
const ANGLO_FRONT = words(`
Ash Beck Birch Black Blan Brad Bran Broad Burn Cal Chad Clay Col Crof Dal Dun East Ed Fair Far Fen
Gar Gil Good Gran Had Hart Has Hazel Hol Hunt Ken Lang Lin Lock Mar Mead Mil Nor Old Pem Quin Rad
Ridge Rock Rush Sand Shel Stan Stock Sut Thorn Til Under Wade Wake Wes Whit Win Wood
`)
const ANGLO_BACK = words(`
ford worth well ton ley field man bourne by croft den ham hurst land more shaw son stead wick wood
ridge burg dale er ing s comb
`)
const ANGLO_MALE = names(`
James Michael Robert John David William Richard Thomas Joseph Charles Christopher Daniel Matthew Mark
Anthony Steven Kevin Brian Paul Timothy Jeffrey Jason Kenneth Ronald Gary Eric Scott Gregory Stephen
Edward Larry Ryan Jacob Joshua Justin Andrew Nicholas Jonathan Brandon Benjamin Samuel Raymond Patrick
Dennis Jerry Terry Tyler Jack Aaron Jose Adam Nathan Douglas Zachary Peter Kyle Walter Ethan Jeremy
Harold Keith Christian Roger Noah Gerald Carl Sean Austin Arthur Lawrence Dylan Jesse Jordan Bryan
`)
const ANGLO_FEMALE = names(`
Mary Jennifer Patricia Linda Elizabeth Barbara Susan Jessica Karen Sarah Lisa Nancy Sandra Ashley
Kimberly Donna Margaret Emily Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Laura Sharon
Cynthia Kathleen Amy Angela Shirley Anna Brenda Pamela Emma Nicole Helen Samantha Katherine Christine
Debra Rachel Carolyn Janet Catherine Maria Heather Diane Ruth Julie Olivia Joyce Virginia Victoria
Kelly Lauren Christina Joan Evelyn Judith Megan Andrea Cheryl Hannah Jacqueline Martha Gloria Teresa
Ann Sara Madison Frances Kathryn Janice Jean Abigail Alice Judy Sophia Grace Denise Amber Doris
`)
const ANGLO_RARE_MALE = names(`
Alvin Bernard Cedric Clifford Curtis Damon Darnell DeShawn Dwayne Earl Elijah Elmer Everett Floyd
Franklin Garrett Glenn Gordon Grant Harvey Herbert Hollis Isaiah Jamal Jerome Lamar Leon Leroy Lloyd
Malcolm Marcus Marvin Maurice Melvin Milton Neil Norman Oliver Otis Preston Reginald Rodney Roland
Russell Shane Sidney Spencer Terrence Travis Tyrone Vernon Wade Warren Wesley Willard
`)
const ANGLO_RARE_FEMALE = names(`
Adele Agnes April Arlene Beatrice Bernice Bonnie Brittany Candace Cassandra Charlene Chelsea Colleen
Crystal Darlene Dawn Desiree Dolores Edith Eileen Ellen Erin Ernestine Gail Geraldine Gina Glenda
Harriet Holly Imani Ivy Jasmine Jeanette Jill Joanne Josephine Kendra Keisha Latoya Lois Loretta
Lorraine Lucille Mabel Marcia Marlene Maxine Monique Naomi Norma Paula Phyllis Renee Rhonda Roberta
Rosemary Shanice Sheila Sherry Tamika Tanya Thelma Tiffany Valerie Vera Vivian Wanda Yvonne
`)

const HMONG_CLANS = names(`
Vang Yang Xiong Lee Thao Her Lor Moua Vue Hang Cha Kue Khang Chang Lo Cheng Fang Pha
`)
const HMONG_MALE = names(`
Tou Kou Chue Pao Cheng Xai Toua Fue Long Nhia Blia Yer Bee Ger Kong Leng Meng Neng Peng Pheng Seng
Sai Teng Thai Vang Xeng Ying Yee Za Chai Cha Chong Doua Houa Koua Mang
Tou~Ger Kou~Meng Pao~Choua Chue~Neng Yeng~Kong Nou~Chee
`)
const HMONG_FEMALE = names(`
Mai Pa Yer Bao Mee Kia Xee Ka Chia Choua Der Ia Joua Kao Kaying Lia Maiv May Mao Nou Nhia Pang Paj See
Sheng Shoua Song Soua Tria Xia Youa Yia Zoua Mai~See Pa~Houa Mai~Yer Pa~Nhia Bao~Yer Kao~Nou Gao~Sheng
Mai~Lee Pa~Kou Mai~Xee
`)
const HMONG_WESTERN_MALE = names('Kevin Tommy David Peter Jason Tony Johnny Steven Andy Kenny Jimmy Chris Danny')
const HMONG_WESTERN_FEMALE = names(
  'Nancy Maria Jenny Linda Lisa Amy Kelly Pahoua Ashley Melissa Julie Cindy Mary',
)
const HMONG_ELDER = names('Nhia Chong Wa Cher Vam Xia Nao Nom Pa')

const SOMALI_MALE = names(`
Mohamed Ahmed Abdi Ali Hassan Ibrahim Abdullahi Omar Hussein Osman Yusuf Abdirahman Ismail Farah Said
Mohamud Adan Isse Abdulkadir Mahad Jama Warsame Nur Abukar Salah Bashir Abdirizak Hamza Liban Khalid
Muse Aden Dahir Elmi Shire Guled Hersi Sharif Mukhtar Abdiaziz Abdifatah Bile Roble Samatar
`)
const SOMALI_FEMALE = names(`
Fatuma Amina Halima Asha Khadija Maryan Sahra Hodan Faduma Hawa Ayan Zeinab Safiya Nimo Ifrah Sagal
Hibo Rahma Fowzia Shukri Farhiya Kaltuma Muna Ubah Habiba Deqa Idil Ladan Naima Rukia Saida Yasmin
Anab Bilan Ruqiyo Hamdi Istahil Luul Raho Quresh
`)

const VIETNAMESE_SURNAMES = names(`
Nguyễn Trần Lê Phạm Huỳnh Võ Phan Hoàng Trương Bùi Đặng Đỗ Ngô Hồ Dương Lý Đinh Lâm Đoàn Mai Vũ Tạ Thái
Châu Cao Quách La Hà
`)
const VIETNAMESE_MALE = names(`
Minh Hùng Dũng Tuấn Hoàng Anh Đức Long Thành Hải Quang Nam Bình Cường Sơn Phong Tâm Tài Khoa Huy Vinh
Thắng Trung Việt An Khánh Phúc Lộc Thịnh Tùng Nghĩa Hiếu
`)
const VIETNAMESE_FEMALE = names(`
Lan Hương Hoa Mai Thảo Linh Trang Hồng Nga Phương Thu Thủy Hạnh Dung Kim Ngọc Yến Loan Tuyết Vân Hà My
Nhung Oanh Quyên Diệu Trinh Chi Anh Ly Bích Liên Xuân Vy
`)
const VIETNAMESE_WESTERN_MALE = names('Kevin Tony Andy Henry Steven Tommy John Michael David Peter Johnny Vincent')
const VIETNAMESE_WESTERN_FEMALE = names('Lynn Kim Jenny Tina Christine Cindy Kathy Nancy Tiffany Annie Michelle Helen')

const CHINESE_SURNAMES = names(`
Chen Wong Li Wang Zhang Lee Liu Huang Lin Wu Yang Chan Zhao Zhou Ng Leung Xu Sun Ma Zhu Hu Lam Guo He
Gao Luo Zheng Liang Cheung Tang Chang Yu Deng Feng Cai Peng Zeng Xiao Pan Yuan Dong Ho Cheng Kwan Mak
Fong Louie Chin Yip Tam
`)
const CHINESE_MALE = names(`
Wei Jian~Guo Zhi~Qiang Jun Ming Xiao~Ming Jian~Hua Guo~Qiang Wen~Bin Yong Hai~Tao Zhi~Wei Kin~Wah
Wing~Kit Chi~Keung Ka~Ming Wai~Man Jia~Hao Hao~Ran Yu~Chen Guo~Hua De~Ming Jin~Long Qi~Ming Bo Tao
Shao~Hua Yao~Zong Rong Feng Gang Bin
`)
const CHINESE_FEMALE = names(`
Xiu~Ying Li~Hua Mei~Ling Fang Xiao~Yan Yan Yu~Lan Hong Li Mei~Fang Xiu~Lan Gui~Ying Yu~Mei Siu~Ling
Wai~Ling Mei~Yee Suk~Fong Lai~Kuen Jing Ying Hui~Min Xin~Yi Zi~Han Shu~Fen Feng~Ying Ai~Hua Qiu~Ping
Cui~Zhen Hui~Lan Ping Na Min
`)
const CHINESE_WESTERN_MALE = names('David Kevin Jason Eric Raymond Peter Alan Henry Tony Danny Wilson Simon')
const CHINESE_WESTERN_FEMALE = names('Amy Jenny Grace Vivian Susan Linda Nancy Winnie Helen May Annie Emily')

// All shares here are assumed, but for those at the head.
//   share             of all persons; about half Spanish, as such clinics report
//   compound          given names of several words, and how many bear one
//   second_given      of persons who have a second given name
//   western           a name for the neighbours, and how many have one
//   elder             what a Hmong man is called by after he married, put before his name
//   order             of records in which the family name was taken for the given one, because its
//                     bearer says it first
//   unknown_birthday  of those born before 2000: papers say 1 January for want of a known date
//                     (Showalter, HFMA 2018, tells of it)
//   wife_takes_name   of women who marry
//   ssn               of persons who have a social security number
export const CULTURES = {
  spanish: {
    share: 0.48,
    surnames: { list: SPANISH_SURNAMES, flat: 9, rare: SPANISH_RARE, tail: 0.22 },
    M: { list: SPANISH_MALE, flat: 3 },
    F: { list: SPANISH_FEMALE, flat: 3 },
    compound: { M: SPANISH_MALE_COMPOUND, F: SPANISH_FEMALE_COMPOUND, share: 0.22 },
    second_given: 0.35,
    order: 0.002,
    unknown_birthday: 0.004,
    wife_takes_name: 0.25,
    ssn: 0.58,
  },
  anglo: {
    share: 0.29,
    surnames: { list: ANGLO_SURNAMES, flat: 30, front: ANGLO_FRONT, back: ANGLO_BACK, tail: 0.55 },
    M: { list: ANGLO_MALE, flat: 10, rare: ANGLO_RARE_MALE, tail: 0.2 },
    F: { list: ANGLO_FEMALE, flat: 14, rare: ANGLO_RARE_FEMALE, tail: 0.2 },
    second_given: 0.75,
    order: 0.002,
    unknown_birthday: 0,
    wife_takes_name: 0.75,
    ssn: 0.97,
  },
  hmong: {
    share: 0.07,
    surnames: { list: HMONG_CLANS, flat: 3, tail: 0 },
    M: { list: HMONG_MALE, flat: 6 },
    F: { list: HMONG_FEMALE, flat: 6 },
    western: { M: HMONG_WESTERN_MALE, F: HMONG_WESTERN_FEMALE, share: 0.35 },
    elder: HMONG_ELDER,
    second_given: 0.05,
    order: 0.02,
    unknown_birthday: 0.12,
    wife_takes_name: 0.15,
    ssn: 0.93,
  },
  somali: {
    share: 0.06,
    surnames: { list: SOMALI_MALE, flat: 2, tail: 0 },
    M: { list: SOMALI_MALE, flat: 2 },
    F: { list: SOMALI_FEMALE, flat: 3 },
    second_given: 0, // the second name is the father's
    order: 0.01,
    unknown_birthday: 0.45,
    wife_takes_name: 0,
    ssn: 0.9,
  },
  vietnamese: {
    share: 0.05,
    surnames: { list: VIETNAMESE_SURNAMES, flat: 0.4, tail: 0 },
    M: { list: VIETNAMESE_MALE, flat: 5 },
    F: { list: VIETNAMESE_FEMALE, flat: 5 },
    western: { M: VIETNAMESE_WESTERN_MALE, F: VIETNAMESE_WESTERN_FEMALE, share: 0.35 },
    middle: {
      M: ['Văn', 'Văn', 'Văn', 'Minh', 'Quốc', 'Hữu'],
      F: ['Thị', 'Thị', 'Thị', 'Thị', 'Ngọc', 'Kim'],
    },
    second_given: 0, // the middle name is drawn from `middle`
    order: 0.06,
    unknown_birthday: 0.02,
    wife_takes_name: 0.15,
    ssn: 0.93,
  },
  chinese: {
    share: 0.05,
    surnames: { list: CHINESE_SURNAMES, flat: 8, tail: 0 },
    M: { list: CHINESE_MALE, flat: 8 },
    F: { list: CHINESE_FEMALE, flat: 8 },
    western: { M: CHINESE_WESTERN_MALE, F: CHINESE_WESTERN_FEMALE, share: 0.4 },
    second_given: 0,
    order: 0.06,
    unknown_birthday: 0.01,
    wife_takes_name: 0.1,
    ssn: 0.85,
  },
}

// What a person is called at home and says at the desk.
export const NICKNAMES = new Map(
  Object.entries({
    José: ['Pepe', 'Chepe', 'Joe'], Francisco: ['Paco', 'Pancho', 'Frank'], Jesús: ['Chuy'],
    Guadalupe: ['Lupe', 'Lupita'], Manuel: ['Manny', 'Meño'], Miguel: ['Mike'], Juan: ['John', 'Juanito'],
    Luis: ['Lucho', 'Louie'], Ignacio: ['Nacho'], Roberto: ['Beto', 'Robert'], Alberto: ['Beto', 'Albert'],
    Enrique: ['Kike', 'Henry'], Eduardo: ['Lalo', 'Eddie'], Alejandro: ['Alex', 'Jando'], Antonio: ['Toño', 'Tony'],
    Rafael: ['Rafa'], Ricardo: ['Richard', 'Rick'], Guillermo: ['Memo', 'William'], Jorge: ['George'],
    Pedro: ['Peter'], Sergio: ['Checo'], Gerardo: ['Gerry'], Armando: ['Mando'], Salvador: ['Chava', 'Sal'],
    Fernando: ['Nando', 'Fer'], Javier: ['Javi'], Ramón: ['Moncho', 'Ray'], Daniel: ['Dan', 'Danny'],
    Gabriel: ['Gabe'], Santiago: ['Santi'], Arturo: ['Art'], María: ['Mary', 'Mari'], Rosa: ['Rosie'],
    Margarita: ['Mague', 'Rita', 'Margaret'], Leticia: ['Lety'], Verónica: ['Vero', 'Ronnie'],
    Patricia: ['Paty', 'Pat', 'Patty'], Martha: ['Marta'], Teresa: ['Tere', 'Terri'], Alejandra: ['Ale', 'Sandy'],
    Josefina: ['Josie', 'Chepina', 'Fina'], Graciela: ['Chela', 'Grace'], Beatriz: ['Betty', 'Bea'],
    Concepción: ['Concha', 'Connie'], Consuelo: ['Chelo', 'Connie'], Dolores: ['Lola'], Rosario: ['Chayo'],
    Mercedes: ['Meche'], Isabel: ['Chabela', 'Isa'], Elizabeth: ['Liz', 'Beth', 'Betty'], Gabriela: ['Gaby'],
    Susana: ['Susie'], Yolanda: ['Yoli'], Esperanza: ['Espy'], Catalina: ['Cathy'], Adriana: ['Adri'],
    James: ['Jim', 'Jimmy', 'Jamie'], Michael: ['Mike'], Robert: ['Bob', 'Rob', 'Bobby'], John: ['Jack', 'Johnny'],
    David: ['Dave'], William: ['Bill', 'Will', 'Billy'], Richard: ['Rick', 'Dick', 'Rich'], Thomas: ['Tom', 'Tommy'],
    Joseph: ['Joe', 'Joey'], Charles: ['Chuck', 'Charlie'], Christopher: ['Chris'], Matthew: ['Matt'],
    Anthony: ['Tony'], Steven: ['Steve'], Timothy: ['Tim'], Jeffrey: ['Jeff'], Kenneth: ['Ken', 'Kenny'],
    Ronald: ['Ron', 'Ronnie'], Gregory: ['Greg'], Stephen: ['Steve'], Edward: ['Ed', 'Eddie', 'Ted'],
    Lawrence: ['Larry'], Jacob: ['Jake'], Joshua: ['Josh'], Andrew: ['Andy', 'Drew'], Nicholas: ['Nick'],
    Jonathan: ['Jon'], Benjamin: ['Ben'], Samuel: ['Sam'], Raymond: ['Ray'], Patrick: ['Pat'], Gerald: ['Jerry'],
    Zachary: ['Zach'], Nathan: ['Nate'], Douglas: ['Doug'], Peter: ['Pete'], Walter: ['Walt'], Arthur: ['Art'],
    Harold: ['Hal', 'Harry'], Jennifer: ['Jen', 'Jenny'], Linda: ['Lynn'], Barbara: ['Barb'], Susan: ['Sue', 'Susie'],
    Jessica: ['Jess', 'Jessie'], Margaret: ['Peggy', 'Maggie', 'Meg'], Kimberly: ['Kim'], Deborah: ['Deb', 'Debbie'],
    Debra: ['Deb', 'Debbie'], Stephanie: ['Steph'], Rebecca: ['Becky'], Kathleen: ['Kathy', 'Kate'], Cynthia: ['Cindy'],
    Katherine: ['Kathy', 'Kate', 'Katie'], Catherine: ['Cathy', 'Kate'], Kathryn: ['Kathy', 'Kate'], Samantha: ['Sam'],
    Amanda: ['Mandy'], Sandra: ['Sandy'], Pamela: ['Pam'], Christine: ['Chris', 'Tina'], Christina: ['Chris', 'Tina'],
    Victoria: ['Vicky'], Virginia: ['Ginny'], Jacqueline: ['Jackie'], Judith: ['Judy'], Nancy: ['Nan'],
    Abigail: ['Abby'], Theresa: ['Terri'], Frances: ['Fran'], Mary: ['Molly', 'Polly'], Sarah: ['Sally', 'Sadie'],
    Abdirahman: ['Abdi'], Abdullahi: ['Abdi'], Mohamed: ['Moe'], Fatuma: ['Fatima'], Halima: ['Halimo'],
  }),
)

// Spellings of one name in the Latin alphabet, each taken down by ear at another desk.
export const SPELLINGS = [
  'Mohamed Mohammed Muhammad Mohamud Maxamed', 'Ahmed Ahmad Axmed', 'Hussein Hussain Husen Xuseen',
  'Hassan Hasan Xasan', 'Osman Cusmaan Usman', 'Omar Umar Cumar', 'Yusuf Yussuf Yousuf', 'Abdi Cabdi',
  'Ibrahim Ebrahim Ibraahim', 'Abdullahi Abdulahi Cabdullaahi', 'Ismail Ismael Ismaaciil', 'Said Sayid Siciid',
  'Abdirahman Abdurahman Abdirahmaan', 'Aden Adan Aadan', 'Nur Noor Nuur', 'Fatuma Faduma Fadumo Fatima',
  'Amina Aamina Amino', 'Khadija Khadijo Khadra', 'Maryan Maryam Mariam', 'Sahra Zahra', 'Halima Xaliimo',
  'Asha Caasha Aisha', 'Zeinab Zaynab', 'Vue Vu', 'Lor Lo Loh', 'Thao Thor', 'Xiong Siong', 'Moua Mua',
  'Her Hawj Heu', 'Lee Ly Li', 'Vang Vaj', 'Yang Yaj', 'Cha Chang', 'Nhia Neng', 'Kue Ku', 'Mai May Maiv',
  'Pa Pang Paj', 'Yer Ye', 'Chen Chan', 'Wong Wang Huang', 'Li Lee', 'Zhang Cheung Chang', 'Lin Lam',
  'Liang Leung', 'Wu Ng', 'Zhou Chow Chou', 'Xu Hsu', 'Zhao Chao Chiu', 'Cai Choi Tsai', 'Zheng Cheng',
  'Nguyen Ngyuen', 'Huynh Hoang', 'Phan Pham', 'Vu Vo',
].map(words)

// Letters that sound alike to the one who types.
export const PHONETIC = [
  ['ph', 'f'], ['f', 'ph'], ['ck', 'k'], ['c', 'k'], ['k', 'c'], ['sch', 'sh'], ['z', 's'], ['s', 'z'],
  ['v', 'b'], ['b', 'v'], ['ll', 'y'], ['y', 'i'], ['i', 'y'], ['ee', 'ea'], ['ie', 'y'], ['h', ''], ['j', 'h'],
  ['g', 'j'], ['x', 'j'], ['qu', 'k'], ['tt', 't'], ['t', 'tt'], ['nn', 'n'], ['n', 'nn'], ['ll', 'l'], ['l', 'll'],
  ['rr', 'r'], ['r', 'rr'], ['ei', 'ie'], ['ou', 'u'], ['e', 'i'], ['o', 'u'], ['son', 'sen'], ['sen', 'son'],
  ['ez', 'es'], ['es', 'ez'],
]

// What a scanner takes for something else.
export const LOOKALIKES = [
  ['rn', 'm'], ['m', 'rn'], ['cl', 'd'], ['d', 'cl'], ['l', '1'], ['i', 'l'], ['l', 'i'], ['o', '0'],
  ['vv', 'w'], ['u', 'v'], ['e', 'c'], ['h', 'b'], ['n', 'ri'], ['S', '5'], ['B', '8'], ['O', '0'], ['I', 'l'],
  ['G', '6'], ['Z', '2'], ['g', 'q'],
]

// The neighbours of a key on the US keyboard.
export const NEIGHBOURS = {
  q: 'wa', w: 'qes', e: 'wrd', r: 'etf', t: 'ryg', y: 'tuh', u: 'yij', i: 'uok', o: 'ipl', p: 'ol', a: 'qsz',
  s: 'awdx', d: 'sefc', f: 'drgv', g: 'fthb', h: 'gyjn', j: 'hukm', k: 'jil', l: 'kop', z: 'asx', x: 'zsdc',
  c: 'xdfv', v: 'cfgb', b: 'vghn', n: 'bhjm', m: 'njk', 0: '9', 1: '2', 2: '13', 3: '24', 4: '35', 5: '46',
  6: '57', 7: '68', 8: '79', 9: '80',
}

// City, state, postal codes, area codes; an Oregon, a California, a Washington and a Minnesota part.
export const CITIES = [
  ['Oakland', 'CA', '94601 94603 94605 94606 94607 94621', '510 341'],
  ['San Francisco', 'CA', '94102 94103 94110 94112 94124 94134', '415 628'],
  ['Richmond', 'CA', '94801 94804 94805', '510 341'],
  ['Hayward', 'CA', '94541 94544 94545', '510 341'],
  ['San Jose', 'CA', '95111 95112 95116 95122 95127', '408 669'],
  ['Sacramento', 'CA', '95820 95823 95824 95838', '916 279'],
  ['Fresno', 'CA', '93702 93706 93722 93727', '559'],
  ['Salem', 'OR', '97301 97302 97303 97305', '503 971'],
  ['Portland', 'OR', '97203 97206 97218 97220 97233 97266', '503 971'],
  ['Woodburn', 'OR', '97071', '503 971'],
  ['Hillsboro', 'OR', '97123 97124', '503 971'],
  ['Seattle', 'WA', '98108 98118 98144 98178', '206'],
  ['Yakima', 'WA', '98901 98902 98903', '509'],
  ['Tukwila', 'WA', '98168 98188', '206'],
  ['Minneapolis', 'MN', '55404 55407 55411 55412 55454', '612'],
  ['Saint Paul', 'MN', '55101 55103 55104 55106 55117 55119 55130', '651'],
  ['Brooklyn Park', 'MN', '55443 55444 55445', '763'],
  ['Richfield', 'MN', '55423', '612'],
].map(([city, state, codes, areas]) => ({ city, state, codes: words(codes), areas: words(areas) }))

export const CITY_WRITTEN = new Map(
  Object.entries({
    'Saint Paul': ['St Paul', 'St. Paul'], 'San Francisco': ['SF', 'S San Francisco'], Minneapolis: ['Mpls'],
    'Brooklyn Park': ['Brooklyn Pk'], Sacramento: ['Sac'], 'San Jose': ['San José'], Portland: ['PDX'],
  }),
)

export const STREETS = names(`
Main Oak Maple Park Cedar Pine Washington Lake Hill Elm Church Walnut Spring Center Lincoln Jefferson
Franklin Highland Mill River Market Madison Jackson Adams Chestnut Spruce Broadway Monroe Grant Cherry
Sunset Railroad Valley Forest Willow Laurel Birch Dogwood Meadow Ridge Fruitvale International Bancroft
Foothill Mission Valencia Folsom Shattuck Telegraph Lancaster Silverton Portland Hawthorne Division
Powell Foster Stark Glisan Burnside Sandy Rainier Beacon Othello Graham Yesler Nob~Hill Tieton Lyndale
Nicollet Hennepin Emerson Fremont Penn Cedar~Lake University Rice Payne Arcade Maryland Larpenteur
Snelling Como Dale Selby Hamline Minnehaha Bloomington Chicago Portland~Mill Columbus Pillsbury Blaisdell
1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th 12th 14th 16th 18th 21st 23rd 24th 27th 35th 38th 42nd 48th
`)
export const STREET_TYPES = [
  ['Street', 'St', 40], ['Avenue', 'Ave', 30], ['Drive', 'Dr', 8], ['Road', 'Rd', 7], ['Boulevard', 'Blvd', 5],
  ['Lane', 'Ln', 4], ['Court', 'Ct', 3], ['Place', 'Pl', 2], ['Way', 'Way', 1],
]
export const DIRECTIONS = [
  ['North', 'N'], ['South', 'S'], ['East', 'E'], ['West', 'W'], ['Northeast', 'NE'], ['Southeast', 'SE'],
]
export const SHELTERS = [
  { line: '225 Harbor Shelter Way', city: 'Oakland', state: 'CA', postal_code: '94607', phone: '510-555-0150' },
  { line: '1090 Mission House St', city: 'Salem', state: 'OR', postal_code: '97301', phone: '503-555-0151' },
  { line: '610 Gospel Hall Ave', city: 'Minneapolis', state: 'MN', postal_code: '55404', phone: '612-555-0152' },
]
